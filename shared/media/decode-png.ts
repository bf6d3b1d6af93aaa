import { convertIndexedToRgb, decode, type DecodedPng } from 'fast-png'

import { MeshError } from '#shared/mesh-error.ts'

import type { Image } from './image.ts'

const CHUNK_HEADER_BYTES = 8
const CRC_BYTES = 4
/** Most bytes a pixel takes once inflated: four channels of 16 bits. */
const MAX_PIXEL_BYTES = 8
/** Filter bytes at the start of each row, in up to seven interlaced passes. */
const PASSES = 7

/** Decodes a PNG of any kind whose header was checked; transparency is laid over white. Throws `invalid_input` when it is damaged. */
export async function decodePng(
  bytes: Uint8Array,
  { width, height }: { width: number; height: number },
  who: string,
): Promise<Image> {
  try {
    await checkInflatedSize(bytes, width * height * MAX_PIXEL_BYTES + PASSES * (height + 1))
    const decoded = decode(bytes, { checkCrc: true })
    return { width, height, data: overWhite(decoded.palette ? indexedToRgb(decoded) : decoded) }
  } catch (err) {
    throw new MeshError('invalid_input', `${who} the PNG is damaged or cut off`, { cause: err })
  }
}

/**
 * Inflates the pixel data without keeping it, up to what the header allows: the decoder would follow
 * a few kilobytes of zeros into gigabytes.
 */
async function checkInflatedSize(bytes: Uint8Array, limit: number): Promise<void> {
  const inflated = new Blob(pixelChunks(bytes))
    .stream()
    .pipeThrough(new DecompressionStream('deflate'))
  let size = 0
  for await (const part of inflated) {
    size += part.byteLength
    if (size > limit) throw new Error(`the pixel data inflates to more than ${limit} bytes`)
  }
}

function pixelChunks(bytes: Uint8Array): Uint8Array<ArrayBuffer>[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const chunks: Uint8Array<ArrayBuffer>[] = []
  for (let at = 8; at + CHUNK_HEADER_BYTES + CRC_BYTES <= bytes.byteLength;) {
    const length = view.getUint32(at)
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    const start = at + CHUNK_HEADER_BYTES
    if (start + length + CRC_BYTES > bytes.byteLength)
      throw new Error(`the chunk ${type} is cut off`)
    if (type === 'IDAT') chunks.push(bytes.slice(start, start + length))
    if (type === 'IEND') return chunks
    at = start + length + CRC_BYTES
  }
  throw new Error('there is no IEND chunk')
}

type Pixels = Pick<DecodedPng, 'width' | 'height' | 'data' | 'channels' | 'depth'>

function indexedToRgb(decoded: DecodedPng): Pixels {
  const data = convertIndexedToRgb(decoded)
  const { width, height } = decoded
  return { width, height, data, channels: data.length / (width * height), depth: 8 }
}

/** Grey, grey and alpha, RGB or RGBA of 1 to 16 bits → opaque RGBA of 8 bits. */
function overWhite({
  width,
  height,
  data,
  channels,
  depth,
}: Pixels): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(width * height * 4)
  const max = 2 ** depth - 1
  const sample = depth < 8 ? packedReader(data, width, depth) : (i: number) => data[i] ?? 0
  const colours = channels >= 3 ? 3 : 1
  for (let pixel = 0; pixel < width * height; pixel++) {
    const from = pixel * channels
    const alpha = channels > colours ? sample(from + colours) / max : 1
    for (let channel = 0; channel < 3; channel++) {
      const value = sample(from + (colours === 3 ? channel : 0)) / max
      pixels[pixel * 4 + channel] = 255 * (value * alpha + 1 - alpha)
    }
    pixels[pixel * 4 + 3] = 255
  }
  return pixels
}

/** Grey of 1, 2 or 4 bits comes packed, each row beginning at a byte. */
function packedReader(
  data: ArrayLike<number>,
  width: number,
  depth: number,
): (i: number) => number {
  const perByte = 8 / depth
  const rowBytes = Math.ceil(width / perByte)
  return (i) => {
    const x = i % width
    const byte = data[Math.floor(i / width) * rowBytes + Math.floor(x / perByte)] ?? 0
    return (byte >> (8 - depth * ((x % perByte) + 1))) & (2 ** depth - 1)
  }
}
