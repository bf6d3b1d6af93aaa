import { z } from 'zod'

import words from '#artefacts/text-embedder/words.json' with { type: 'json' }
import { singleRun } from '#shared/codec.ts'
import { decodeUtf8 } from '#shared/json.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { parseParameters } from '#shared/parse-parameters.ts'
import { fp32, requireFp32 } from '#shared/tensor.ts'

import manifest from './manifest.json' with { type: 'json' }
import { tokenise } from './tokenise.ts'
import { wordWeight } from './word-weight.ts'

/** What Hugging Face's clients may ask and this model does anyway. */
const Parameters = z.strictObject({
  /** Embeddings are of length 1. */
  normalize: z.literal(true).optional(),
  dimensions: z.literal(manifest.outputs[0]?.shape[1] ?? 0).optional(),
  encoding_format: z.literal('float').optional(),
  /** A text is read whole, however long; one beyond the limit of bytes is refused. */
  truncate: z.boolean().optional(),
  truncation_direction: z.enum(['left', 'right']).optional(),
})

/** Words are in order of how frequent they are. */
const rank = new Map(words.map((word, i) => [word, i]))

/** Answers the embedding of the whole text as one list of numbers. */
export const codec = singleRun<undefined>({
  encode({ bytes }, parameters) {
    parseParameters(Parameters, parameters, manifest.id)
    // a word said twice counts twice: its weight alone, so that a long text needs no more than its vocabulary
    const counts = new Map<number, number>()
    for (const id of knownWords(bytes)) counts.set(id, (counts.get(id) ?? 0) + 1)
    if (counts.size === 0) {
      throw new MeshError(
        'invalid_input',
        `[${manifest.id}] the text has no word of the ${words.length} English words that the model knows`,
      )
    }
    const shape = [1, counts.size]
    const ids = BigInt64Array.from(counts.keys(), BigInt)
    const weights = Float32Array.from(counts, ([id, count]) => count * wordWeight(id, words.length))
    return {
      tensors: { ids: { datatype: 'INT64', shape, data: ids }, weights: fp32(weights, shape) },
      context: undefined,
    }
  },
  decode(outputs) {
    return Array.from(requireFp32(outputs, 'embedding'))
  },
  /** The words that it knows: those alone make the embedding. */
  countTokens: ({ bytes }) => knownWords(bytes).length,
})

/** The ids of the text's words, in their order, without those that the model doesn't know. */
function knownWords(bytes: Uint8Array): number[] {
  const text = decodeUtf8(bytes, `[${manifest.id}] the text`)
  return tokenise(text).flatMap((word) => rank.get(word) ?? [])
}
