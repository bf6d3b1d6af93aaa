import { MeshError } from '#shared/mesh-error.ts'

import { MAX_IMAGE_PIXELS } from './image.ts'

export interface ImageHeader {
  format: 'jpeg' | 'png'
  width: number
  height: number
}

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
/** Markers that begin a frame header: SOF0 to SOF15 but DHT, JPG and DAC. */
const isFrameMarker = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc

/**
 * What an image says of itself in its first bytes, before anything is decoded or allocated. Throws
 * `invalid_input` for what is neither JPEG nor PNG, `payload_too_large` for more than `maxPixels`, which
 * can't be more than any picture may have.
 */
export function readImageHeader(
  bytes: Uint8Array,
  who: string,
  maxPixels = MAX_IMAGE_PIXELS,
): ImageHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const header = isPng(bytes) ? pngHeader(view) : isJpeg(bytes) ? jpegHeader(view) : undefined
  if (header === undefined) {
    throw new MeshError(
      'invalid_input',
      `${who} the image is neither JPEG nor PNG, or is cut off in its header`,
    )
  }
  const { format, width, height } = header
  if (width === 0 || height === 0) {
    throw new MeshError(
      'invalid_input',
      `${who} the ${format.toUpperCase()} says it is ${width}×${height} pixels`,
    )
  }
  const limit = Math.min(maxPixels, MAX_IMAGE_PIXELS)
  if (width * height > limit) {
    throw new MeshError(
      'payload_too_large',
      `${who} the image is ${width}×${height}, ${width * height} pixels; the limit is ${limit}`,
    )
  }
  return header
}

/** Whether bytes begin as a PNG does. */
export function isPng(bytes: Uint8Array): boolean {
  return PNG_SIGNATURE.every((byte, i) => bytes[i] === byte)
}

function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff
}

/** The first chunk is IHDR: width and height at 16 and 20. */
function pngHeader(view: DataView): ImageHeader | undefined {
  if (view.byteLength < 33) return undefined
  return { format: 'png', width: view.getUint32(16), height: view.getUint32(20) }
}

/** Walks the segments to the frame header. */
function jpegHeader(view: DataView): ImageHeader | undefined {
  for (let at = 2; at + 9 < view.byteLength;) {
    if (view.getUint8(at) !== 0xff) return undefined
    const marker = view.getUint8(at + 1)
    if (marker === 0xff) {
      at++ // fill bytes
      continue
    }
    if (isFrameMarker(marker)) {
      return { format: 'jpeg', height: view.getUint16(at + 5), width: view.getUint16(at + 7) }
    }
    at += 2 + view.getUint16(at + 2)
  }
  return undefined
}
