import { io } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'

import { elementCount } from '#shared/tensor.ts'
import { seededRandom } from '#shared/seeded-random.ts'

import { BuildError } from '../build-error.ts'
import type { ForeignModel } from './converter.ts'
import { WeightSpec } from './tfjs-model-json.ts'
import { startTfjs } from './tfjs-runtime.ts'
import { readTfjsWeights } from './tfjs-weights.ts'

const random = seededRandom(3)
const bytes = (length: number) => Uint8Array.from({ length }, () => random() * 120)
const model = (files: ForeignModel['files']): ForeignModel => ({
  who: '[test]',
  files,
  inputs: [],
  outputs: [],
})
/** A text as tfjs stores it. */
const withLength = (text: string) => {
  const encoded = Buffer.from(text)
  return Buffer.concat([Buffer.from(Uint32Array.of(encoded.length).buffer), encoded])
}
const specOf = (spec: object) =>
  WeightSpec.parse({ name: 'w', shape: [4], dtype: 'float32', ...spec })
const read = (specs: object[], file: Uint8Array) =>
  readTfjsWeights(model({ bin: file }), [{ paths: ['bin'], weights: specs.map(specOf) }])

beforeAll(startTfjs)

describe('weights of tfjs models are read as tfjs reads them:', () => {
  const scaled = { scale: 0.013, min: -1.7 }
  test.each<[string, object, number]>([
    ['float32', {}, 4],
    ['int32', { dtype: 'int32' }, 4],
    ['bool', { dtype: 'bool' }, 1],
    ['float32 as uint8', { quantization: { dtype: 'uint8', ...scaled } }, 1],
    ['float32 as uint16', { quantization: { dtype: 'uint16', ...scaled } }, 2],
    ['float32 as float16', { quantization: { dtype: 'float16' } }, 2],
    [
      'int32 as uint8',
      { dtype: 'int32', quantization: { dtype: 'uint8', scale: 1.5, min: -9 } },
      1,
    ],
    ['int32 as uint16', { dtype: 'int32', quantization: { dtype: 'uint16', scale: 2, min: 4 } }, 2],
  ])('%s', (_, spec, size) => {
    // behind a weight of odd length, so that what follows lies anywhere
    const specs = [
      { name: 'odd', shape: [3], dtype: 'bool' },
      spec,
      { name: 'last', shape: [] },
    ].map(specOf)
    const shapes = specs.map(({ shape }) => elementCount(shape))
    const file = bytes(3 + size * (shapes[1] ?? 0) + 4)
    const own = readTfjsWeights(model({ bin: file }), [{ paths: ['bin'], weights: specs }])
    // as: the schema allows more combinations than tfjs' own type
    const theirs = io.decodeWeights(
      Uint8Array.from(file).buffer,
      specs as io.WeightsManifestEntry[],
    )
    for (const { name } of specs) {
      expect(own.numbers.get(name)?.data, name).toEqual(theirs[name]?.dataSync())
      expect(own.numbers.get(name)?.shape).toEqual(theirs[name]?.shape)
    }
  })

  test('over shards that end within a number, and over groups', () => {
    const file = bytes(24)
    const parts = { a: file.subarray(0, 5), b: file.subarray(5, 16), c: file.subarray(16) }
    const { numbers } = readTfjsWeights(model(parts), [
      { paths: ['a', 'b'], weights: [specOf({})] },
      { paths: ['c'], weights: [specOf({ name: 'v', shape: [2] })] },
    ])
    expect(numbers.get('w')?.data).toEqual(new Float32Array(file.slice(0, 16).buffer))
    expect(numbers.get('v')?.data).toEqual(new Float32Array(file.slice(16).buffer))
  })

  test('texts, empty ones and those of several bytes a character too', () => {
    const texts = ['ab', '', 'größer', '語']
    const file = Buffer.concat([...texts.map(withLength), bytes(16)])
    const specs = [{ name: 'texts', shape: [2, 2], dtype: 'string' }, {}].map(specOf)
    const own = read(specs, file)
    // as: the schema allows more combinations than tfjs' own type
    const theirs = io.decodeWeights(
      Uint8Array.from(file).buffer,
      specs as io.WeightsManifestEntry[],
    )
    expect(own.texts.get('texts')).toEqual(Array.from(theirs['texts']?.dataSync() ?? [], String))
    expect(own.texts.get('texts')).toEqual(texts)
    expect(own.numbers.get('w')?.data).toEqual(theirs['w']?.dataSync())
  })

  test('past complex numbers, which ONNX has none of', () => {
    const { numbers } = read([{ name: 'c', shape: [2], dtype: 'complex64' }, {}], bytes(32))
    expect(Array.from(numbers.keys())).toEqual(['w'])
  })
})

describe('weights of tfjs models are refused', () => {
  test.each<[string, object[], Uint8Array, RegExp]>([
    [
      'when the shard is cut off',
      [{}],
      bytes(15),
      /weight 'w' of shape \[4\] takes 16 bytes; bin has 15 left/,
    ],
    [
      'when the shard is longer than declared',
      [{}],
      bytes(20),
      /bin has 20 bytes; the weights that model.json lists take 16/,
    ],
    ['when the shard is empty', [{}], bytes(0), /bin has 0 left/],
    ['when a later weight is missing', [{}, { name: 'v' }], bytes(16), /weight 'v'/],
    [
      'when a shape is beyond any memory',
      [{ shape: [1e9, 1e9, 1e9] }],
      bytes(16),
      /takes 4e\+27 bytes/,
    ],
    [
      'when a text ends outside',
      [{ shape: [1], dtype: 'string' }],
      Uint8Array.of(255, 255, 255, 127),
      /weight 'w'/,
    ],
    [
      'when texts have no lengths',
      [{ shape: [1e12], dtype: 'string' }],
      bytes(3),
      /takes Infinity bytes/,
    ],
    ['when a name comes twice', [{}, {}], bytes(32), /two weights 'w'/],
    [
      'when a name comes twice, once of texts',
      [{ shape: [0], dtype: 'string' }, {}],
      bytes(16),
      /two weights 'w'/,
    ],
  ])('%s', (_, specs, file, message) => {
    expect(() => read(specs, file)).toThrow(BuildError)
    expect(() => read(specs, file)).toThrow(message)
  })

  test('when a shard is not among the files', () => {
    const manifest = [{ paths: ['group1-shard2of2.bin'], weights: [] }]
    expect(() => readTfjsWeights(model({ 'group1-shard1of2.bin': bytes(4) }), manifest)).toThrow(
      /keeps weights in 'group1-shard2of2.bin', which the manifest doesn't name; it names group1-shard1of2.bin/,
    )
  })

  test('when a shard is called like a part of every object', () => {
    expect(() => readTfjsWeights(model({}), [{ paths: ['constructor'], weights: [] }])).toThrow(
      BuildError,
    )
  })

  test.each([
    [{ dtype: 'float64' }],
    [{ shape: [-1] }],
    [{ shape: [1.5] }],
    [{ quantization: { dtype: 'uint8' } }],
    [{ quantization: { dtype: 'int4', scale: 1, min: 0 } }],
  ])('when model.json says %j', (spec) => {
    expect(() => specOf(spec)).toThrow()
  })
})
