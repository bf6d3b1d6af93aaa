/**
 * Trains on the single-hop sensor network of Suthaharan et al. (May 2010), seeded, and scores on their
 * multi-hop one (July 2010). Each set has two events, minutes in which both quantities rise: scores of other
 * kinds of events are not known.
 */
import { scoreClassifier } from '#scripts/eval/score-classifier.ts'
import { onnxGraph } from '#scripts/onnx-graph.ts'
import type { Recipe } from '#shared/recipe.ts'

import { FEATURES } from '../features.ts'
import { chooseThreshold } from './choose-threshold.ts'
import { readDataset } from './dataset.ts'
import { logitOf, trainPerceptron, UNITS, type Perceptron, type Sample } from './perceptron.ts'

const SEED = 42

const train: Recipe = async ({ files, log }) => {
  const samples = readDataset(files.singleHop)
  const heldOut = readDataset(files.multiHop)
  log(`training on ${samples.length} readings, ${heldOut.length} held out`)
  const model = trainPerceptron(samples, SEED)
  const threshold = chooseThreshold(
    samples.map(({ features, label }) => ({ score: logitOf(model, features), label })),
  )
  // so that a probability of 0.5 is where the training set says an anomaly begins
  model.outputBias[0] = (model.outputBias[0] ?? 0) - threshold
  const report = { training: scoresOn(model, samples), heldOut: scoresOn(model, heldOut) }
  log(`held out: ${JSON.stringify(report.heldOut)}`)
  return { graphs: { model: toOnnx(model) }, report }
}
export default train

function scoresOn(
  model: Perceptron,
  samples: readonly Sample[],
): ReturnType<typeof scoreClassifier> {
  return scoreClassifier(
    samples.map(({ features, label }) => ({
      probability: 1 / (1 + Math.exp(-logitOf(model, features))),
      label,
    })),
  )
}

/** Six features → 16 tanh units → the log odds of an anomaly → [normal, anomaly], which add up to 1. */
function toOnnx({ hidden, hiddenBias, output, outputBias }: Perceptron): Uint8Array {
  const g = onnxGraph('sensor-anomaly')
  const floats = (name: string, values: Float64Array, shape: readonly number[]) =>
    g.floats(name, Float32Array.from(values), shape)
  const x = g.input('features', 'FP32', [-1, FEATURES])
  const sums = g.node(
    'Gemm',
    [
      x,
      floats('hidden_weights', hidden, [FEATURES, UNITS]),
      floats('hidden_bias', hiddenBias, [UNITS]),
    ],
    'hidden',
  )
  const odds = g.node(
    'Gemm',
    [
      g.node('Tanh', [sums], 'activation'),
      floats('output_weights', output, [UNITS, 1]),
      floats('output_bias', outputBias, [1]),
    ],
    'odds',
  )
  const both = g.node('Concat', [g.node('Neg', [odds], 'against'), odds], 'both', { axis: 1 })
  g.output(g.node('Sigmoid', [both], 'probabilities'), 'FP32', [-1, 2])
  return g.bytes()
}
