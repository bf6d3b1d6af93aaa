import { MeshError } from '#shared/mesh-error.ts'

import type { Image } from './image.ts'
import { readPng, type PngSamples } from './read-png.ts'

/** Decodes a PNG of any kind whose header was checked; transparency is laid over white. Throws `invalid_input` when it is damaged. */
export async function decodePng(
  bytes: Uint8Array,
  header: { width: number; height: number },
  who: string,
): Promise<Image> {
  try {
    const samples = await readPng(bytes, header)
    return { width: header.width, height: header.height, data: overWhite(samples) }
  } catch (err) {
    throw new MeshError('invalid_input', `${who} the PNG is damaged or cut off`, { cause: err })
  }
}

/** Samples of 1 to 16 bits → opaque RGBA of 8 bits. */
function overWhite({
  width,
  height,
  data,
  channels,
  depth,
}: PngSamples): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(width * height * 4)
  const max = 2 ** depth - 1
  const colours = channels >= 3 ? 3 : 1
  for (let pixel = 0; pixel < width * height; pixel++) {
    const from = pixel * channels
    const alpha = channels > colours ? (data[from + colours] ?? 0) / max : 1
    for (let channel = 0; channel < 3; channel++) {
      const value = (data[from + (colours === 3 ? channel : 0)] ?? 0) / max
      pixels[pixel * 4 + channel] = 255 * (value * alpha + 1 - alpha)
    }
    pixels[pixel * 4 + 3] = 255
  }
  return pixels
}
