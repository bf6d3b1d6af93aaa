import { seededRandom, shuffled } from '#shared/seeded-random.ts'

export interface Sample {
  features: Float32Array
  /** 1 is the class that is looked for. */
  label: 0 | 1
}

/** A layer of tanh units and one logit of them; `hidden` has a row for each feature. */
export interface Perceptron {
  hidden: Float64Array
  hiddenBias: Float64Array
  output: Float64Array
  outputBias: Float64Array
}

export const UNITS = 16
const EPOCHS = 20
const BATCH = 64
/** One sample in 127 is an anomaly: each counts as five, so that rare isn't ignored. */
const ANOMALY_WEIGHT = 5
/** Adam with the constants of its paper (Kingma and Ba, 2014), a rate that falls to 0, and a little decay. */
const RATE = 0.003
const [BETA_1, BETA_2, EPSILON] = [0.9, 0.999, 1e-8]
const DECAY = 1e-6

/** Trains by Adam on the cross entropy; the same samples, order and seed give the same weights. */
export function trainPerceptron(samples: readonly Sample[], seed: number): Perceptron {
  const inputs = samples[0]?.features.length ?? 0
  const random = seededRandom(seed)
  const model = initialised(inputs, random)
  const activation = new Float64Array(UNITS)
  const moments = parametersOf(model).map((own) => ({
    first: new Float64Array(own.length),
    second: new Float64Array(own.length),
    gradient: new Float64Array(own.length),
  }))
  let steps = 0
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const order = shuffled(samples, random)
    for (let from = 0; from < order.length; from += BATCH) {
      const batch = order.slice(from, from + BATCH)
      for (const { gradient } of moments) gradient.fill(0)
      for (const sample of batch) addGradient(sample, batch.length)
      descend(++steps, RATE * (1 - epoch / EPOCHS))
    }
  }
  return model

  function addGradient({ features, label }: Sample, size: number): void {
    const [hidden, hiddenBias, output, outputBias] = moments.map(({ gradient }) => gradient)
    if (!hidden || !hiddenBias || !output || !outputBias) return
    const probability = 1 / (1 + Math.exp(-logitOf(model, features, activation)))
    const error = ((probability - label) * (label === 1 ? ANOMALY_WEIGHT : 1)) / size
    add(outputBias, 0, error)
    for (let unit = 0; unit < UNITS; unit++) {
      const own = activation[unit] ?? 0
      add(output, unit, error * own)
      const back = error * (model.output[unit] ?? 0) * (1 - own * own)
      add(hiddenBias, unit, back)
      for (let i = 0; i < inputs; i++) add(hidden, i * UNITS + unit, back * (features[i] ?? 0))
    }
  }

  function descend(step: number, rate: number): void {
    parametersOf(model).forEach((values, k) => {
      const own = moments[k]
      if (!own) return
      for (let i = 0; i < values.length; i++) {
        const slope = own.gradient[i] ?? 0
        const first = (own.first[i] = BETA_1 * (own.first[i] ?? 0) + (1 - BETA_1) * slope)
        const second = (own.second[i] = BETA_2 * (own.second[i] ?? 0) + (1 - BETA_2) * slope ** 2)
        const scale = Math.sqrt(second / (1 - BETA_2 ** step)) + EPSILON
        const value = values[i] ?? 0
        values[i] = value - (rate * (first / (1 - BETA_1 ** step))) / scale - DECAY * value
      }
    })
  }
}

/** The log odds of label 1; `activation` is room for the hidden units. */
export function logitOf(
  { hidden, hiddenBias, output, outputBias }: Perceptron,
  features: Float32Array,
  activation = new Float64Array(UNITS),
): number {
  let logit = outputBias[0] ?? 0
  for (let unit = 0; unit < UNITS; unit++) {
    let sum = hiddenBias[unit] ?? 0
    for (let i = 0; i < features.length; i++) {
      sum += (features[i] ?? 0) * (hidden[i * UNITS + unit] ?? 0)
    }
    activation[unit] = Math.tanh(sum)
    logit += (activation[unit] ?? 0) * (output[unit] ?? 0)
  }
  return logit
}

/** Weights even in ±√(3/n), n being the inputs of a unit: sums then vary by 1 (LeCun et al., 1998). */
function initialised(inputs: number, random: () => number): Perceptron {
  const even = (count: number, fanIn: number) =>
    Float64Array.from({ length: count }, () => (random() * 2 - 1) * Math.sqrt(3 / fanIn))
  return {
    hidden: even(inputs * UNITS, inputs),
    hiddenBias: new Float64Array(UNITS),
    output: even(UNITS, UNITS),
    outputBias: new Float64Array(1),
  }
}

function parametersOf({ hidden, hiddenBias, output, outputBias }: Perceptron): Float64Array[] {
  return [hidden, hiddenBias, output, outputBias]
}

function add(values: Float64Array, at: number, more: number): void {
  values[at] = (values[at] ?? 0) + more
}
