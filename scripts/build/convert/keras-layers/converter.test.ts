import { layers, sequential } from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, test } from 'vitest'

import { BuildError } from '../../build-error.ts'
import type { ForeignModel } from '../converter.ts'
import { startTfjs } from '../tfjs-runtime.ts'
import { converter } from './converter.ts'
import { savedModel } from './layers-fixture.ts'

beforeAll(startTfjs)

/** A saved model, and the same with its JSON changed. */
async function edited(change: (text: string) => string): Promise<ForeignModel> {
  const saved = await savedModel(
    sequential({
      layers: [
        layers.dense({ units: 2, inputShape: [3], name: 'first' }),
        layers.dense({ units: 2, name: 'last' }),
      ],
    }),
  )
  const text = new TextDecoder().decode(saved.files['model.json'])
  return {
    ...saved,
    files: { ...saved.files, 'model.json': new TextEncoder().encode(change(text)) },
  }
}

describe('a Keras model is refused with a sentence', () => {
  test.each<[string, (text: string) => string, RegExp]>([
    [
      'that names the layer and its kind',
      (text) => text.replace('"class_name":"Dense"', '"class_name":"Oracle"'),
      /\[test\] node 'first' \(Oracle\) has no conversion to ONNX[\s\S]*Conv2D/,
    ],
    [
      'where an activation is unknown',
      (text) => text.replace('"activation":"linear"', '"activation":"wobble"'),
      /node 'first' \(Dense\) has the activation 'wobble'/,
    ],
    [
      'where the weights of a layer are missing',
      (text) => text.replace('"first/kernel"', '"other/kernel"'),
      /node 'first' \(Dense\) has no weight 'kernel'; it has first\/bias/,
    ],
    [
      'where weights are longer than they are',
      (text) => text.replace('"shape":[3,2]', '"shape":[300,2]'),
      /weight 'first\/kernel' of shape \[300,2\] takes 2400 bytes/,
    ],
    [
      'where weights are shorter than they are',
      (text) => text.replace('"shape":[3,2]', '"shape":[1,2]'),
      /has 56 bytes; the weights that model.json lists take 40/,
    ],
    [
      'where two layers have one name',
      (text) => text.replaceAll('"last"', '"first"'),
      /two layers 'first'/,
    ],
    ['where it is cut off', (text) => text.slice(0, 300), /model.json is not JSON/],
    [
      'where it is another file',
      () => '{"modelTopology":{"node":[]},"weightsManifest":[]}',
      /model.json is not valid/,
    ],
  ])('%s', async (_, change, message) => {
    const model = await edited(change)
    expect(() => converter.convert(model)).toThrow(BuildError)
    expect(() => converter.convert(model)).toThrow(message)
  })

  const functional = (names: readonly (readonly [string, string])[]) => ({
    class_name: 'Functional',
    config: {
      layers: [
        {
          class_name: 'InputLayer',
          config: { name: 'in', batch_input_shape: [null, 2] },
          inbound_nodes: [],
        },
        ...names.map(([name, from]) => ({
          class_name: 'ReLU',
          config: { name },
          inbound_nodes: [[[from, 0, 0, {}]]],
        })),
      ],
      input_layers: [['in', 0, 0]],
      output_layers: [['out', 0, 0]],
    },
  })
  const tensor = (name: string, ...shape: number[]) => ({ name, datatype: 'FP32' as const, shape })
  const modelOf = (model_config: object): ForeignModel => ({
    who: '[test]',
    files: {
      'model.json': new TextEncoder().encode(
        JSON.stringify({ modelTopology: { model_config }, weightsManifest: [] }),
      ),
    },
    inputs: [tensor('in', 1, 2)],
    outputs: [tensor('out', 1, 2)],
  })

  test.each<[string, ForeignModel, RegExp]>([
    [
      'where there are no layers',
      modelOf({ class_name: 'Sequential', config: { layers: [] } }),
      /the Sequential model in model.json is not valid/,
    ],
    [
      'where it has a cycle',
      modelOf(
        functional([
          ['out', 'b'],
          ['b', 'out'],
        ]),
      ),
      /takes its own result/,
    ],
    [
      'where a layer takes one that is not there',
      modelOf(functional([['out', 'nowhere']])),
      /no node 'nowhere \(call 0\)'/,
    ],
    [
      'where an output is of no layer',
      modelOf(functional([['a', 'in']])),
      /no node 'out \(call 0\)'|no layer 'out'/,
    ],
    [
      'where the manifest names another input',
      { ...modelOf(functional([['out', 'in']])), inputs: [tensor('x', 1, 2)] },
      /no input 'x'; it has in/,
    ],
    [
      'where the manifest names another output',
      { ...modelOf(functional([['out', 'in']])), outputs: [tensor('x', 1, 2)] },
      /no layer 'x'; its outputs are out/,
    ],
    [
      "where the manifest's shape is another",
      { ...modelOf(functional([['out', 'in']])), inputs: [tensor('in', 1, 3)] },
      /tensor 'in' is FP32\[1,3\]; the model's is FP32\[-1,2\]/,
    ],
    [
      'where the manifest leaves an input out',
      { ...modelOf(functional([['out', 'in']])), inputs: [] },
      /layer 'in' is an input the outputs need/,
    ],
  ])('%s', (_, model, message) => {
    expect(() => converter.convert(model)).toThrow(BuildError)
    expect(() => converter.convert(model)).toThrow(message)
  })

  /** A model that calls the one before it so many times, one after the other. */
  const calling = (inner: object, times: number) => ({
    class_name: 'Functional',
    config: {
      name: 'out',
      layers: [
        {
          class_name: 'InputLayer',
          config: { name: 'in', batch_input_shape: [null, 2] },
          inbound_nodes: [],
        },
        {
          ...inner,
          inbound_nodes: Array.from({ length: times }, (_, i) =>
            i === 0 ? [['in', 0, 0, {}]] : [['out', i + firstOf(inner) - 1, 0, {}]],
          ),
        },
      ],
      input_layers: [['in', 0, 0]],
      output_layers: [['out', times + firstOf(inner) - 1, 0]],
    },
  })
  const firstOf = (layer: object) => ('class_name' in layer && layer.class_name === 'ReLU' ? 0 : 1)
  const relu = { class_name: 'ReLU', config: { name: 'out' } }

  test('where models that call models twice are written out', () => {
    const doubled = Array.from({ length: 16 }).reduce<object>((inner) => calling(inner, 2), relu)
    expect(() => converter.convert(modelOf(doubled))).toThrow(BuildError)
    expect(() => converter.convert(modelOf(doubled))).toThrow(
      /\[test\] has more than 50000 layers, calls and what these take/,
    )
  })

  test('where a model has more layers than any that people make', () => {
    expect(() => converter.convert(modelOf(calling(relu, 30_000)))).toThrow(/more than 50000/)
  })

  test('but not where one layer is called thousands of times, which takes no longer for its name', () => {
    const started = performance.now()
    const bytes = converter.convert(modelOf(calling(relu, 20_000)))
    expect(bytes.length).toBeGreaterThan(20_000)
    // looking for a free name from the first on takes a minute
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  test('where models are nested without end', () => {
    const innermost = { class_name: 'ReLU', config: { name: 'out' } }
    const nested = Array.from({ length: 40 }).reduce<object>(
      (inner) => ({ class_name: 'Sequential', config: { name: 'out', layers: [inner] } }),
      innermost,
    )
    const model = { ...modelOf(nested), inputs: [tensor('out_input', 1, 2)] }
    expect(() => converter.convert(model)).toThrow(/more than 16 deep/)
  })
})
