import { z } from 'zod'

import { encodeBase64 } from '#shared/base64.ts'
import { singleRun } from '#shared/codec.ts'
import { decodeImage } from '#shared/media/decode-image.ts'
import { encodePng } from '#shared/media/encode-png.ts'
import type { Image } from '#shared/media/image.ts'
import { resizeImage } from '#shared/media/resize-image.ts'
import { parseParameters } from '#shared/parse-parameters.ts'
import { fp32, requireFp32, type Tensor } from '#shared/tensor.ts'

import manifest from './manifest.json' with { type: 'json' }
import { resizeMask } from './resize-mask.ts'

const who = `[${manifest.id}]`
/** The graph's input and mask are squares of this many pixels. */
const SIDE = 256
const WHITE = 255
/** From this probability on, a pixel counts as the person's. */
const PERSON = 0.5
/** Of the picture. Who is as near as the model is made for fills far more; smaller islands are mistakes. */
const LEAST_SHARE = 0.01

const Parameters = z.strictObject({
  /** Below this score nothing is answered. */
  threshold: z.number().min(0).max(1).default(0.5),
  /** Makes the mask black and white at this probability; without it, grey levels are probabilities. */
  mask_threshold: z.number().min(0).max(1).optional(),
  /** Every pixel is a person's or not; persons are not told apart. */
  subtask: z.literal('semantic').optional(),
})

interface Context extends z.infer<typeof Parameters> {
  width: number
  height: number
}

export const codec = singleRun<Context>({
  async encode({ bytes }, parameters) {
    const parsed = parseParameters(Parameters, parameters, manifest.id)
    const image = await decodeImage(bytes, who)
    const { width, height } = image
    const tensor = toTensor(await resizeImage(image, SIDE, SIDE))
    return { tensors: { input_1: tensor }, context: { ...parsed, width, height } }
  },
  decode(outputs, { threshold, mask_threshold: maskThreshold, width, height }) {
    const probabilities = requireFp32(outputs, 'activation_10')
    const score = meanInside(probabilities, maskThreshold ?? PERSON)
    if (score === undefined || score < threshold) return []
    const square = { width: SIDE, height: SIDE, data: probabilities }
    const data = resizeMask(square, width, height, (probability) =>
      maskThreshold === undefined
        ? Math.round(probability * WHITE)
        : probability >= maskThreshold
          ? WHITE
          : 0,
    )
    const mask = encodeBase64(encodePng({ width, height, channels: 1, data }))
    return [{ label: 'person', score, mask }]
  },
})

/** Rows of RGB in [0, 1]. */
function toTensor({ width, height, data }: Image): Tensor {
  const values = new Float32Array(width * height * 3)
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      values[pixel * 3 + channel] = (data[pixel * 4 + channel] ?? 0) / WHITE
    }
  }
  return fp32(values, [1, height, width, 3])
}

/** The mean probability of the pixels from `least` on; undefined when they are too few. */
function meanInside(probabilities: Float32Array, least: number): number | undefined {
  let [sum, count] = [0, 0]
  for (const probability of probabilities) {
    if (probability < least) continue
    sum += probability
    count++
  }
  return count < probabilities.length * LEAST_SHARE ? undefined : sum / count
}
