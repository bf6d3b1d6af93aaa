import { singleRun } from '#shared/codec.ts'
import { decodeImage } from '#shared/media/decode-image.ts'
import { resizeImage } from '#shared/media/resize-image.ts'
import { parseParameters } from '#shared/parse-parameters.ts'
import { rankLabels } from '#shared/rank-labels.ts'
import { rankingParameters } from '#shared/ranking-parameters.ts'
import { fp32, requireFp32 } from '#shared/tensor.ts'

import manifest from './manifest.json' with { type: 'json' }

/** The graph's input is a square of this many pixels. */
const SIDE = 224
const LOGITS = 'module_apply_default/MobilenetV1/Logits/SpatialSqueeze:0'
const DEFAULT_TOP_K = 5

const Parameters = rankingParameters(DEFAULT_TOP_K, 'softmax')

export const codec = singleRun<{ topK: number }>({
  async encode({ bytes }, parameters) {
    const { top_k: topK } = parseParameters(Parameters, parameters, manifest.id)
    const image = await decodeImage(bytes, `[${manifest.id}]`)
    // stretched, not cropped, as its own package does it
    const { data } = await resizeImage(image, SIDE, SIDE)
    const values = new Float32Array(SIDE * SIDE * 3)
    for (let i = 0; i < values.length; i++) {
      const pixel = Math.floor(i / 3)
      values[i] = (data[pixel * 4 + (i % 3)] ?? 0) / 255
    }
    return { tensors: { 'images:0': fp32(values, [1, SIDE, SIDE, 3]) }, context: { topK } }
  },
  decode(outputs, { topK }) {
    // the first class is none of the others, and is left out before they are compared
    const scores = softmax(requireFp32(outputs, LOGITS).subarray(1))
    return rankLabels(manifest.labels, scores).slice(0, topK)
  },
})

function softmax(logits: Float32Array): Float32Array {
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity)
  const powers = logits.map((logit) => Math.exp(logit - largest))
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map((power) => power / sum)
}
