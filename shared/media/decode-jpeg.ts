import decode, { init } from '@jsquash/jpeg/decode.js'

import { jpegDecoderWasm } from '#jpeg-decoder'
import { MeshError } from '#shared/mesh-error.ts'

import type { Image } from './image.ts'
import { provideImageData } from './image-data.ts'

let ready: Promise<void> | undefined

/**
 * Decodes a JPEG whose header was checked. Boxes found in it are in pixels as stored: an orientation
 * in its EXIF data is not applied. Throws `invalid_input` when it is damaged.
 */
export async function decodeJpeg(bytes: Uint8Array, who: string): Promise<Image> {
  provideImageData()
  ready ??= init(jpegDecoderWasm())
  await ready
  try {
    // the decoder takes a whole buffer; slice() wouldn't copy a Buffer of Node's, which may share its own
    const { width, height, data } = await decode(new Uint8Array(bytes).buffer, {
      preserveOrientation: false,
    })
    return { width, height, data }
  } catch (err) {
    // an aborted decoder keeps what it had allocated: the next image gets a new one
    ready = undefined
    throw new MeshError('invalid_input', `${who} the JPEG is damaged or cut off`, { cause: err })
  }
}
