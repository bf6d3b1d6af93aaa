import { singleRun } from '#shared/codec.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { parseParameters } from '#shared/parse-parameters.ts'
import { rankLabels } from '#shared/rank-labels.ts'
import { rankingParameters } from '#shared/ranking-parameters.ts'
import { fp32, requireFp32 } from '#shared/tensor.ts'

import { BUCKETS, featuresOf, readMail, wordsOf } from './features.ts'
import manifest from './manifest.json' with { type: 'json' }

const who = `[${manifest.id}]`
const Parameters = rankingParameters(manifest.labels.length, 'sigmoid')

export const codec = singleRun<{ topK: number }>({
  async encode(input, parameters) {
    const { top_k: topK } = parseParameters(Parameters, parameters, manifest.id)
    const words = wordsOf(await readMail(input, who))
    if (words.length === 0) {
      throw new MeshError('invalid_input', `${who} the mail has no words in its subject or text`)
    }
    const features = new Float32Array(BUCKETS)
    for (const [bucket, value] of featuresOf(words)) features[bucket] = value
    return { tensors: { features: fp32(features, [1, BUCKETS]) }, context: { topK } }
  },
  decode(outputs, { topK }) {
    return rankLabels(manifest.labels, requireFp32(outputs, 'probabilities')).slice(0, topK)
  },
})
