import { DIMENSIONS, type WordVectors } from './read-word-vectors.ts'
import { wordShare, wordWeight } from '../word-weight.ts'

/** Words of a usual sentence. */
const SENTENCE_WORDS = 15
const ITERATIONS = 50

/**
 * The direction that sentences have most in common, of length 1: the first principal component of
 * the embeddings of sentences whose words are drawn by their shares. Such a sentence's second moment
 * is known without drawing: E[w²vvᵀ] / n + (1 − 1/n) μμᵀ, μ being the mean weighted vector.
 */
export function commonComponent({ words, vectors }: WordVectors): Float32Array {
  const rows = words.map((_, i) => vectors.subarray(i * DIMENSIONS, (i + 1) * DIMENSIONS))
  const weights = words.map((_, i) => wordWeight(i, words.length))
  const shares = words.map((_, i) => wordShare(i, words.length))
  const mean = new Float64Array(DIMENSIONS)
  rows.forEach((row, i) => addScaled(mean, row, (shares[i] ?? 0) * (weights[i] ?? 0)))

  let direction = toLengthOne(mean)
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const next = new Float64Array(DIMENSIONS)
    addScaled(next, mean, (1 - 1 / SENTENCE_WORDS) * dot(mean, direction))
    rows.forEach((row, i) => {
      const share = ((shares[i] ?? 0) * (weights[i] ?? 0) ** 2) / SENTENCE_WORDS
      addScaled(next, row, share * dot(row, direction))
    })
    direction = toLengthOne(next)
  }
  return Float32Array.from(direction)
}

type Vector = Float32Array | Float64Array

function dot(a: Vector, b: Vector): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += (a[k] ?? 0) * (b[k] ?? 0)
  return sum
}

function addScaled(to: Float64Array, vector: Vector, scale: number): void {
  for (let k = 0; k < to.length; k++) to[k] = (to[k] ?? 0) + scale * (vector[k] ?? 0)
}

function toLengthOne(vector: Float64Array): Float64Array {
  const length = Math.sqrt(dot(vector, vector))
  return vector.map((value) => value / length)
}
