import type { Image } from '#shared/media/image.ts'
import { decodeImage } from '#shared/media/decode-image.ts'
import { encodePng } from '#shared/media/encode-png.ts'
import { resizeImage } from '#shared/media/resize-image.ts'
import { MediaAnswer } from '#shared/media-answer.ts'

import type { Evaluation } from './evaluation.ts'
import { PHOTOS } from './photos.ts'

/** Longer side of what the model has to find back, in pixels: reduced so far, nothing of the JPEG is left. */
const SIDE = 256
const QUICK = 3
const WHITE = 255

/**
 * Halves photographs bicubically, as is usual, has the model double them again, and measures how near it
 * comes to what was there, beside what plain bilinear scaling comes to.
 */
export const scoreUpscaler: Evaluation = async ({ model, quick, fetchFile, log }) => {
  const photos = quick ? PHOTOS.slice(0, QUICK) : PHOTOS
  let [psnr, bilinear] = [0, 0]
  for (const [i, photo] of photos.entries()) {
    log(`photo ${i + 1} of ${photos.length}`)
    const original = await reduce(await decodeImage(await fetchFile(photo), '[photo]'))
    const [width, height] = [original.width / 2, original.height / 2]
    const half = await resizeImage(original, width, height, 'catrom')
    const bytes = encodePng({ ...half, channels: 4 })
    const answer = await model.predict({ mediaType: 'image/png', bytes }, {})
    if (!(answer instanceof MediaAnswer)) throw new TypeError('an upscaler answers a picture')
    psnr += psnrOf(await decodeImage(answer.bytes, '[answer]'), original)
    bilinear += psnrOf(await resizeImage(half, original.width, original.height), original)
  }
  const on = `photos of ${SIDE} pixels, halved bicubically`
  const n = photos.length
  return [
    { metric: 'PSNR in dB', value: psnr / n, n, on },
    { metric: 'PSNR in dB of bilinear', value: bilinear / n, n, on },
  ]
}

/** To the longer side of SIDE, both sides even. */
function reduce(image: Image): Promise<Image> {
  const scale = SIDE / Math.max(image.width, image.height)
  const even = (length: number) => Math.round((length * scale) / 2) * 2
  return resizeImage(image, even(image.width), even(image.height))
}

/** Peak signal-to-noise ratio over red, green and blue of all pixels. */
function psnrOf(image: Image, original: Image): number {
  if (image.width !== original.width || image.height !== original.height) {
    throw new RangeError(`${image.width}×${image.height}, not ${original.width}×${original.height}`)
  }
  let sum = 0
  for (let i = 0; i < original.data.length; i++) {
    // alpha is the same in both
    sum += ((image.data[i] ?? 0) - (original.data[i] ?? 0)) ** 2
  }
  return 10 * Math.log10(WHITE ** 2 / (sum / (original.width * original.height * 3)))
}
