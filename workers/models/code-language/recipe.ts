/**
 * Rebuilds guesslang's wide-and-deep network as ONNX. The original graph splits text into bigrams and
 * hashes them with operators for strings, which no ONNX runtime has: the codec does that part, and the
 * graph begins at the counts of the 5,000 buckets.
 */
import { z } from 'zod'

import { parseTfjsModelJson } from '#scripts/build/convert/tfjs-model-json.ts'
import { readTfjsWeights } from '#scripts/build/convert/tfjs-weights.ts'
import { onnxGraph, type Edge } from '#scripts/onnx-graph.ts'
import type { Recipe } from '#shared/recipe.ts'

import { BUCKETS } from './count-bigrams.ts'
import manifest from './manifest.json' with { type: 'json' }

const EMBEDDING = 'dnn/input_from_feature_columns/input_layer/content_embedding/embedding_weights'
const CLASSES = 'head/predictions/class_string_lookup/Const'

const rebuild: Recipe = async ({ files }) => {
  const original = { who: `[${manifest.id}]`, files }
  const { weightsManifest } = parseTfjsModelJson(original, z.object())
  const { numbers, texts } = readTfjsWeights(original, weightsManifest)
  const { labels } = manifest
  if (texts.get(CLASSES)?.join() !== labels.join()) {
    throw new Error(`the labels in manifest.json must be ${JSON.stringify(texts.get(CLASSES))}`)
  }

  const g = onnxGraph('code-language')
  const counts = g.input('counts', 'FP32', [-1, BUCKETS])

  const embeddings = weight(EMBEDDING)
  const width = embeddings.length / BUCKETS
  const sum = g.node(
    'MatMul',
    [counts, g.floats('embeddings', embeddings, [BUCKETS, width])],
    'sum',
  )
  const total = g.node('ReduceSum', [counts, g.ints('axis', [1])], 'total', { keepdims: 1 })
  // of no bigram the mean is 0, as in the original
  const some = g.node('Max', [total, g.floats('one', Float32Array.of(1), [1])], 'some')
  const mean = g.node('Div', [sum, some], 'mean')
  const first = dense(mean, 'dnn/hiddenlayer_0/kernel', 'dnn/hiddenlayer_0/bias', 'first')
  const second = dense(
    g.node('Relu', [first], 'first_activation'),
    'dnn/hiddenlayer_1/kernel',
    'dnn/hiddenlayer_1/bias',
    'second',
  )
  const deep = dense(
    g.node('Relu', [second], 'second_activation'),
    'dnn/logits/kernel',
    'dnn/logits/bias',
    'deep',
  )
  const wide = dense(
    counts,
    'linear/linear_model/content/weights',
    'linear/linear_model/bias_weights',
    'wide',
  )
  const logits = g.node('Add', [deep, wide], 'logits')
  const scores = g.node('Softmax', [logits], 'scores', { axis: -1 })
  g.output(scores, 'FP32', [-1, labels.length])
  return { graphs: { model: g.bytes() } }

  function dense(input: Edge, kernel: string, bias: string, name: string): Edge {
    const [weights, biases] = [weight(kernel), weight(bias)]
    const columns = biases.length
    return g.node(
      'Gemm',
      [
        input,
        g.floats(`${name}_weights`, weights, [weights.length / columns, columns]),
        g.floats(`${name}_biases`, biases, [columns]),
      ],
      name,
    )
  }

  function weight(name: string): Float32Array {
    const { data } = numbers.get(name) ?? {}
    if (data instanceof Float32Array) return data
    throw new Error(`the model has no weight ${name} of FP32`)
  }
}
export default rebuild
