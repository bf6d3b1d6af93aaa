/** Trains the model on the SpamAssassin public corpus (2002 to 2005), seeded, and writes it as ONNX. */
import { scoreClassifier } from '#scripts/eval/score-classifier.ts'
import { onnxGraph } from '#scripts/onnx-graph.ts'
import type { Recipe } from '#shared/recipe.ts'

import { BUCKETS } from '../features.ts'
import { readDataset, splitByGroup, splitByMail, type Split } from './dataset.ts'
import { predict, trainLogisticRegression, type LinearModel } from './logistic-regression.ts'

const SEED = 42

const train: Recipe = async ({ packages, log }) => {
  const corpus = packages.corpus
  if (corpus === undefined) throw new Error("the recipe needs the package 'corpus'")
  const mails = await readDataset(corpus, log)
  const grouped = splitByGroup(mails)
  log(`training on ${grouped.train.length} mails, ${grouped.test.length} held out`)
  const model = trainLogisticRegression(grouped.train, BUCKETS, SEED)
  const byMail = splitByMail(mails)
  const report = {
    mails: mails.length,
    groups: new Set(mails.map(({ group }) => group)).size,
    heldOut: scoresOn(model, grouped),
    /** What a split that ignores near-duplicates would have claimed. */
    randomSplit: scoresOn(trainLogisticRegression(byMail.train, BUCKETS, SEED), byMail),
  }
  log(`held out: ${JSON.stringify(report.heldOut)}`)
  return { graphs: { model: toOnnx(model) }, report }
}
export default train

function scoresOn(model: LinearModel, { test }: Split): ReturnType<typeof scoreClassifier> {
  return scoreClassifier(
    test.map(({ features, label }) => ({ probability: predict(model, features), label })),
  )
}

/** One weight a bucket → the log odds of spam → [ham, spam], which add up to 1. */
function toOnnx({ weights, bias }: LinearModel): Uint8Array {
  const g = onnxGraph('email-spam')
  const x = g.input('features', 'FP32', [-1, BUCKETS])
  const odds = g.node(
    'Gemm',
    [x, g.floats('weights', weights, [BUCKETS, 1]), g.floats('bias', Float32Array.of(bias), [1])],
    'odds',
  )
  const both = g.node('Concat', [g.node('Neg', [odds], 'against'), odds], 'both', { axis: 1 })
  g.output(g.node('Sigmoid', [both], 'probabilities'), 'FP32', [-1, 2])
  return g.bytes()
}
