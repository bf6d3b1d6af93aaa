import { seededRandom, shuffled } from '#shared/seeded-random.ts'

export interface Sample {
  features: ReadonlyMap<number, number>
  /** 1 is the class that is looked for. */
  label: 0 | 1
}

export interface LinearModel {
  weights: Float32Array
  bias: number
}

const EPOCHS = 20
const LEARNING_RATE = 4
/** L2 on the weights a sample touches; keeps single words from deciding alone. */
const DECAY = 1e-5

/** Logistic regression by stochastic gradient descent; the same samples, order and seed give the same weights. */
export function trainLogisticRegression(
  samples: readonly Sample[],
  buckets: number,
  seed: number,
): LinearModel {
  const weights = new Float64Array(buckets)
  let bias = 0
  const random = seededRandom(seed)
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const rate = LEARNING_RATE / (1 + epoch)
    for (const { features, label } of shuffled(samples, random)) {
      let score = bias
      for (const [bucket, value] of features) score += (weights[bucket] ?? 0) * value
      const error = 1 / (1 + Math.exp(-score)) - label
      bias -= rate * 0.1 * error
      for (const [bucket, value] of features) {
        const weight = weights[bucket] ?? 0
        weights[bucket] = weight - rate * (error * value + DECAY * weight)
      }
    }
  }
  return { weights: Float32Array.from(weights), bias }
}

/** The probability of label 1. */
export function predict(
  { weights, bias }: LinearModel,
  features: ReadonlyMap<number, number>,
): number {
  let score = bias
  for (const [bucket, value] of features) score += (weights[bucket] ?? 0) * value
  return 1 / (1 + Math.exp(-score))
}
