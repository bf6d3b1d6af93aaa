import { decodeJpeg } from './decode-jpeg.ts'
import { decodePng } from './decode-png.ts'
import { readImageHeader } from './image-header.ts'
import type { Image } from './image.ts'

/** Decodes a JPEG or PNG, told apart by its first bytes. Throws `invalid_input` or `payload_too_large`; `who` is the message's prefix. */
export async function decodeImage(
  bytes: Uint8Array,
  who: string,
  maxPixels?: number,
): Promise<Image> {
  const header = readImageHeader(bytes, who, maxPixels)
  return header.format === 'png' ? decodePng(bytes, header, who) : decodeJpeg(bytes, who)
}
