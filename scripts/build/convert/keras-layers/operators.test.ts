import { layers, model as layersModel, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, test } from 'vitest'

import { seededRandom } from '#shared/seeded-random.ts'
import { elementCount, fp32, type Tensor, type Tensors } from '#shared/tensor.ts'

import { compareConversion } from '../compare-conversion.ts'
import type { ForeignModel } from '../converter.ts'
import { startTfjs } from '../tfjs-runtime.ts'
import { converter } from './converter.ts'
import { randomiseWeights, savedModel } from './layers-fixture.ts'
import { OPERATORS } from './operators.ts'
import { upscaler } from './operators/upscaler.ts'
import { registerLayers } from './register-layers.ts'

/** Other orders of sums round otherwise. */
const MAX_DIFFERENCE = 1e-5
const random = seededRandom(9)
/** Kinds of layers that were. */
const compared = new Set(['Embedding'])

beforeAll(async () => {
  await startTfjs()
  registerLayers()
})

type Layer = Parameters<ReturnType<typeof sequential>['add']>[0]

/** Of one layer over an input of this shape, without the batch. */
function single(layer: Layer, inputShape: number[]): LayersModel {
  return sequential({ layers: [layers.inputLayer({ inputShape }), layer] })
}

function inputsFor({ inputs }: ForeignModel, batch = 2): Tensors {
  return Object.fromEntries(
    inputs.map(({ name, shape }): [string, Tensor] => {
      const sizes = shape.map((size, i) => (size === -1 ? (i === 0 ? batch : 5) : size))
      const values = Array.from({ length: elementCount(sizes) }, () => random() * 4 - 2)
      return [name, fp32(Float32Array.from(values), sizes)]
    }),
  )
}

async function compare(model: LayersModel): Promise<number> {
  for (const layer of model.layers) compared.add(layer.getClassName())
  randomiseWeights(model, 1)
  const saved = await savedModel(model)
  const { maxRelative } = await compareConversion(converter, saved, inputsFor(saved))
  return maxRelative
}

const image = [7, 6, 3]
const conv = { kernelSize: 3, filters: 4 }

describe('converts as tfjs computes it:', () => {
  test.each<[string, () => Layer, number[]]>([
    ['dense', () => layers.dense({ units: 4, activation: 'tanh' }), [5]],
    [
      'dense over a sequence, without bias',
      () => layers.dense({ units: 4, useBias: false }),
      [6, 5],
    ],
    [
      'conv1d that is dilated',
      () => layers.conv1d({ ...conv, padding: 'same', dilationRate: 2 }),
      [9, 3],
    ],
    ['conv1d with strides', () => layers.conv1d({ ...conv, padding: 'same', strides: 2 }), [9, 3]],
    [
      'conv2d',
      () => layers.conv2d({ ...conv, padding: 'same', strides: 2, activation: 'relu' }),
      image,
    ],
    [
      'conv2d that is dilated',
      () => layers.conv2d({ ...conv, padding: 'same', dilationRate: 2 }),
      image,
    ],
    [
      'conv2d without bias',
      () => layers.conv2d({ ...conv, padding: 'valid', useBias: false }),
      image,
    ],
    [
      'depthwise',
      () => layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: 'same' }),
      image,
    ],
    ['separable', () => layers.separableConv2d({ ...conv, padding: 'same' }), image],
    ['transposed', () => layers.conv2dTranspose({ ...conv, strides: 2, padding: 'same' }), image],
    [
      'transposed, valid',
      () => layers.conv2dTranspose({ ...conv, strides: 2, padding: 'valid' }),
      image,
    ],
    ['max pool', () => layers.maxPooling2d({ poolSize: 2, padding: 'same' }), image],
    [
      'average pool',
      () => layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
      image,
    ],
    ['pools of a sequence', () => layers.maxPooling1d({ poolSize: 2 }), [8, 3]],
    ['average pools of a sequence', () => layers.averagePooling1d({ poolSize: 2 }), [8, 3]],
    ['global pools', () => layers.globalAveragePooling2d({}), image],
    ['global max', () => layers.globalMaxPooling2d({}), image],
    ['global pools of a sequence', () => layers.globalAveragePooling1d(), [8, 3]],
    ['global max of a sequence', () => layers.globalMaxPooling1d(), [8, 3]],
    ['batch norm', () => layers.batchNormalization({ epsilon: 0.01 }), image],
    [
      'batch norm of a vector',
      () => layers.batchNormalization({ scale: false, center: false }),
      [5],
    ],
    ['layer norm', () => layers.layerNormalization({}), [4, 6]],
    [
      'zero padding',
      () =>
        layers.zeroPadding2d({
          padding: [
            [1, 2],
            [0, 3],
          ],
        }),
      image,
    ],
    [
      'cropping',
      () =>
        layers.cropping2D({
          cropping: [
            [1, 0],
            [2, 1],
          ],
        }),
      image,
    ],
    ['upsampling', () => layers.upSampling2d({ size: [2, 3] }), image],
    [
      'bilinear upsampling',
      () => layers.upSampling2d({ size: [2, 2], interpolation: 'bilinear' }),
      image,
    ],
    ['flatten', () => layers.flatten(), image],
    ['reshape', () => layers.reshape({ targetShape: [-1, 3] }), [6, 4]],
    ['permute', () => layers.permute({ dims: [3, 1, 2] }), image],
    ['repeat', () => layers.repeatVector({ n: 3 }), [5]],
    ['spatial dropout', () => layers.spatialDropout1d({ rate: 0.5 }), [5, 2]],
    ['noise', () => layers.gaussianNoise({ stddev: 1 }), [5]],
    ['dropout with noise', () => layers.gaussianDropout({ rate: 0.5 }), [5]],
    ['alpha dropout', () => layers.alphaDropout({ rate: 0.5 }), [5]],
    ['dropout', () => layers.dropout({ rate: 0.5 }), [5]],
    ['ReLU with a maximum', () => layers.reLU({ maxValue: 1 }), image],
    ['leaky ReLU', () => layers.leakyReLU({ alpha: 0.2 }), image],
    ['PReLU', () => layers.prelu({ sharedAxes: [1, 2] }), image],
    ['ELU', () => layers.elu(), image],
    ['thresholded ReLU', () => layers.thresholdedReLU({ theta: 0.6 }), image],
    ['softmax', () => layers.softmax({}), [5]],
    ...(
      [
        'elu',
        'hardSigmoid',
        'linear',
        'relu6',
        'selu',
        'sigmoid',
        'softplus',
        'softsign',
        'swish',
        'mish',
        'gelu',
      ] as const
    ).map((activation): [string, () => Layer, number[]] => [
      activation,
      () => layers.activation({ activation }),
      [4, 5],
    ]),
  ])('%s', async (_, layer, shape) => {
    expect(await compare(single(layer(), shape))).toBeLessThan(MAX_DIFFERENCE)
  })

  test('networks of random layers', async () => {
    const middle = [
      () => layers.conv2d({ ...conv, padding: 'same', activation: 'relu' }),
      () => layers.depthwiseConv2d({ kernelSize: 3, padding: 'same', strides: 2 }),
      () => layers.batchNormalization(),
      () => layers.maxPooling2d({ poolSize: 2, padding: 'same' }),
      () => layers.upSampling2d({ size: [2, 2] }),
      () => layers.activation({ activation: 'tanh' }),
      () => layers.zeroPadding2d({ padding: 1 }),
    ]
    for (let i = 0; i < 25; i++) {
      const model = sequential()
      model.add(layers.inputLayer({ inputShape: [8 + Math.floor(random() * 5), 9, 3] }))
      for (let k = 0; k < 5; k++) {
        const next = middle[Math.floor(random() * middle.length)]
        if (next) model.add(next())
      }
      model.add(layers.globalAveragePooling2d({}))
      model.add(layers.dense({ units: 3, activation: 'softmax' }))
      expect(await compare(model), `network ${i}`).toBeLessThan(MAX_DIFFERENCE)
    }
  }, 60_000)

  test('layers that take several, are called twice, and models within models', async () => {
    const [a, b] = [layers.input({ shape: [4] }), layers.input({ shape: [4] })]
    const shared = sequential({ layers: [layers.dense({ units: 4, inputShape: [4] })] })
    const [left, right] = [shared.apply(a), shared.apply(b)]
    const pair = [left, right].flat() as (typeof a)[] // as: symbolic tensors in give symbolic ones
    const merged = [
      layers.add(),
      layers.average(),
      layers.maximum(),
      layers.minimum(),
      layers.multiply(),
      layers.concatenate(),
    ].map((layer) => layer.apply(pair) as typeof a)
    const joined = layers.concatenate({ axis: 1 }).apply(merged) as typeof a
    const model = layersModel({ inputs: [a, b], outputs: [joined, merged[0] ?? a] })
    expect(await compare(model)).toBeLessThan(MAX_DIFFERENCE)
  })

  test('embeddings, whose inputs are whole numbers', async () => {
    const model = sequential({
      layers: [layers.embedding({ inputDim: 9, outputDim: 3, inputLength: 4 }), layers.flatten()],
    })
    randomiseWeights(model, 1)
    const saved = await savedModel(model)
    const [input] = saved.inputs
    const whole = { datatype: 'FP32' as const, shape: [1, 4], data: Float32Array.of(0, 8, 3, 3) }
    const { maxAbsolute } = await compareConversion(converter, saved, {
      [input?.name ?? '']: whole,
    })
    expect(maxAbsolute).toBe(0)
  })

  test('every layer that tfjs itself has', () => {
    const own = new Set(Object.keys(upscaler)) // compared in their packages' models
    expect(Object.keys(OPERATORS).filter((kind) => !compared.has(kind) && !own.has(kind))).toEqual(
      [],
    )
  })
})
