import { z } from 'zod'

import { singleRun } from '#shared/codec.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { parseParameters } from '#shared/parse-parameters.ts'
import { rankLabels } from '#shared/rank-labels.ts'
import { fp32, requireFp32 } from '#shared/tensor.ts'

import { BUCKETS, featuresOf, readMail, wordsOf } from './features.ts'
import manifest from './manifest.json' with { type: 'json' }

const who = `[${manifest.id}]`
const Parameters = z.strictObject({})

export const codec = singleRun<undefined>({
  async encode(input, parameters) {
    parseParameters(Parameters, parameters, manifest.id)
    const words = wordsOf(await readMail(input, who))
    if (words.length === 0) {
      throw new MeshError('invalid_input', `${who} the mail has no words in its subject or text`)
    }
    const features = new Float32Array(BUCKETS)
    for (const [bucket, value] of featuresOf(words)) features[bucket] = value
    return { tensors: { features: fp32(features, [1, BUCKETS]) }, context: undefined }
  },
  decode(outputs) {
    return rankLabels(manifest.labels, requireFp32(outputs, 'probabilities'))
  },
})
