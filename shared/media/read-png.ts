import { convertIndexedToRgb, decode, type PngDataArray } from 'fast-png'

const SIGNATURE_BYTES = 8
const CHUNK_HEADER_BYTES = 8
const CRC_BYTES = 4
/** Most bytes a pixel takes once inflated: four channels of 16 bits. */
const MAX_PIXEL_BYTES = 8
/** Filter bytes at the start of each row, in up to seven interlaced passes. */
const PASSES = 7
/** Whatever else a PNG has isn't shown to the decoder, which would inflate a colour profile without an end. */
const PIXEL_CHUNKS: ReadonlySet<string> = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'])

/** A PNG's own samples, row by row, one an entry: grey, grey and alpha, RGB or RGBA. */
export interface PngSamples {
  width: number
  height: number
  channels: number
  /** Bits of a sample: the brightest is 2 ** depth - 1. */
  depth: number
  data: PngDataArray
}

/** Reads a PNG of any kind whose header was checked; a palette's colours are looked up. Throws an Error when it is damaged. */
export async function readPng(
  bytes: Uint8Array,
  { width, height }: { width: number; height: number },
): Promise<PngSamples> {
  const chunks = pixelChunks(bytes)
  await checkInflatedSize(chunks, width * height * MAX_PIXEL_BYTES + PASSES * (height + 1))
  const png = [bytes.subarray(0, SIGNATURE_BYTES), ...chunks.map(({ whole }) => whole)]
  const decoded = decode(await new Blob(png.map((part) => new Uint8Array(part))).arrayBuffer(), {
    checkCrc: true,
  })
  if (decoded.palette) {
    const data = convertIndexedToRgb(decoded)
    return { width, height, channels: data.length / (width * height), depth: 8, data }
  }
  const { channels, depth } = decoded
  const data = depth < 8 ? unpack(decoded.data, width, height, depth) : decoded.data
  return { width, height, channels, depth, data }
}

interface Chunk {
  type: string
  /** With its length, type and checksum. */
  whole: Uint8Array
  data: Uint8Array
}

/** The header must be the first and the only one: it is what was checked. */
function pixelChunks(bytes: Uint8Array): Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const chunks: Chunk[] = []
  for (let at = SIGNATURE_BYTES; at + CHUNK_HEADER_BYTES + CRC_BYTES <= bytes.byteLength;) {
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + CHUNK_HEADER_BYTES))
    const start = at + CHUNK_HEADER_BYTES
    const end = start + view.getUint32(at)
    if (end + CRC_BYTES > bytes.byteLength) throw new Error(`the chunk ${type} is cut off`)
    if ((type === 'IHDR') !== (at === SIGNATURE_BYTES)) {
      throw new Error(`a chunk ${type} is where ${type === 'IHDR' ? 'none' : 'IHDR'} may be`)
    }
    if (PIXEL_CHUNKS.has(type)) {
      const whole = bytes.subarray(at, end + CRC_BYTES)
      chunks.push({ type, whole, data: bytes.subarray(start, end) })
    }
    if (type === 'IEND') return chunks
    at = end + CRC_BYTES
  }
  throw new Error('there is no IEND chunk')
}

/**
 * Inflates the pixel data without keeping it, up to what the header allows: the decoder would follow
 * a few kilobytes of zeros into gigabytes.
 */
async function checkInflatedSize(chunks: readonly Chunk[], limit: number): Promise<void> {
  const compressed = chunks.filter(({ type }) => type === 'IDAT')
  const inflated = new Blob(compressed.map(({ data }) => new Uint8Array(data)))
    .stream()
    .pipeThrough(new DecompressionStream('deflate'))
  let size = 0
  for await (const part of inflated) {
    size += part.byteLength
    if (size > limit) throw new Error(`the pixel data inflates to more than ${limit} bytes`)
  }
}

/** Grey of 1, 2 or 4 bits comes packed, each row beginning at a byte. */
function unpack(
  packed: ArrayLike<number>,
  width: number,
  height: number,
  depth: number,
): Uint8Array {
  const perByte = 8 / depth
  const rowBytes = Math.ceil(width / perByte)
  const samples = new Uint8Array(width * height)
  for (let i = 0; i < samples.length; i++) {
    const x = i % width
    const byte = packed[Math.floor(i / width) * rowBytes + Math.floor(x / perByte)] ?? 0
    samples[i] = (byte >> (8 - depth * ((x % perByte) + 1))) & (2 ** depth - 1)
  }
  return samples
}
