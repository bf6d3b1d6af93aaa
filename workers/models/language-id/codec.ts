import ngrams from '#artefacts/language-id/ngrams.json' with { type: 'json' }
import { singleRun } from '#shared/codec.ts'
import { decodeUtf8 } from '#shared/json.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { parseParameters } from '#shared/parse-parameters.ts'
import { rankLabels } from '#shared/rank-labels.ts'
import { rankingParameters } from '#shared/ranking-parameters.ts'
import { fp32, requireFp32 } from '#shared/tensor.ts'

import manifest from './manifest.json' with { type: 'json' }

const LONGEST_NGRAM = 4
const DEFAULT_TOP_K = 5

const Parameters = rankingParameters(DEFAULT_TOP_K, 'softmax')

const position = new Map(ngrams.map((ngram, i) => [ngram, i]))

export const codec = singleRun<{ topK: number }>({
  encode({ bytes }, parameters) {
    const { top_k: topK } = parseParameters(Parameters, parameters, manifest.id)
    const text = lettersOf(decodeUtf8(bytes, `[${manifest.id}] the text`))
    if (text.trim() === '') {
      throw new MeshError(
        'invalid_input',
        `[${manifest.id}] the text has no letters to tell a language by`,
      )
    }
    return {
      tensors: { frequencies: fp32(frequenciesOf(text), [1, ngrams.length]) },
      context: { topK },
    }
  },
  decode(outputs, { topK }) {
    return rankLabels(manifest.labels, requireFp32(outputs, 'probabilities')).slice(0, topK)
  },
})

/** Letters, marks and single spaces, in lower case, with a space at either end: as lande was trained. */
function lettersOf(text: string): string {
  const letters = text
    .replaceAll(/-+/g, ' ')
    .replaceAll(/[^\p{L}\p{M}\s]/gu, '')
    .replaceAll(/\s{2,}/g, ' ')
    .toLowerCase()
    .trim()
  return ` ${letters} `
}

/** Of each n-gram in the vocabulary, its share of all n-grams of its length in the text. */
function frequenciesOf(text: string): Float32Array<ArrayBuffer> {
  const frequencies = new Float32Array(ngrams.length)
  for (let length = 1; length <= LONGEST_NGRAM; length++) {
    const total = text.length - length + 1
    const counts = new Map<number, number>()
    for (let i = 0; i < total; i++) {
      const at = position.get(text.slice(i, i + length))
      if (at !== undefined) counts.set(at, (counts.get(at) ?? 0) + 1)
    }
    for (const [at, count] of counts) frequencies[at] = count / total
  }
  return frequencies
}
