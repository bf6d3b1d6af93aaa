import { singleRun } from '#shared/codec.ts'
import { decodeUtf8 } from '#shared/json.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { parseParameters } from '#shared/parse-parameters.ts'
import { rankLabels } from '#shared/rank-labels.ts'
import { rankingParameters } from '#shared/ranking-parameters.ts'
import { fp32, requireFp32 } from '#shared/tensor.ts'

import { BUCKETS, countBigrams, MAX_BIGRAMS } from './count-bigrams.ts'
import manifest from './manifest.json' with { type: 'json' }

/** The shortest text that the model's own package says anything of. */
const MIN_CHARS = 20
const DEFAULT_TOP_K = 5

const Parameters = rankingParameters(DEFAULT_TOP_K, 'softmax')

export const codec = singleRun<{ topK: number }>({
  encode({ bytes }, parameters) {
    const { top_k: topK } = parseParameters(Parameters, parameters, manifest.id)
    const text = decodeUtf8(bytes, `[${manifest.id}] the text`)
    const { length } = text.trim()
    if (length < MIN_CHARS) {
      throw new MeshError(
        'invalid_input',
        `[${manifest.id}] the text has ${length} characters; it takes ${MIN_CHARS} to tell a language by`,
      )
    }
    // one character more than bigrams are counted, each at least a byte
    const head = text.replaceAll('\r\n', '\n').slice(0, MAX_BIGRAMS + 1)
    const counts = countBigrams(new TextEncoder().encode(head))
    return { tensors: { counts: fp32(counts, [1, BUCKETS]) }, context: { topK } }
  },
  decode(outputs, { topK }) {
    return rankLabels(manifest.labels, requireFp32(outputs, 'scores')).slice(0, topK)
  },
})
