/** Files that can't be converted, or are none: what the person who builds is told. */
import { beforeAll, describe, expect, test } from 'vitest'

import { seededRandom } from '#shared/seeded-random.ts'

import { runtime } from '../../../../workers/native/onnx.ts'
import { BuildError } from '../../build-error.ts'
import { converter } from './converter.ts'
import { fetchPublished, floats } from './published-model.ts'
import { writeTflite, type GraphToWrite } from './write-tflite.ts'

const bytesOf = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer)
const small: GraphToWrite = {
  tensors: [
    { name: 'x', shape: [1, 2] },
    { name: 'w', shape: [2], data: bytesOf(1, 2) },
    { name: 'y', shape: [1, 2] },
  ],
  inputs: [0],
  outputs: [2],
  operators: [{ name: 'ADD', inputs: [0, 1], outputs: [2], options: ['Add', {}] }],
}
const [x, y] = [floats('x', [1, 2]), floats('y', [1, 2])]

const convert = (file: Uint8Array, inputs = [x], outputs = [y]) =>
  converter.convert({ who: '[small]', files: { model: file }, inputs, outputs })
/** The small graph with one operator in place of its own. */
const withOperator = (operator: Partial<GraphToWrite['operators'][number]>): GraphToWrite => ({
  ...small,
  operators: small.operators.map((own) => ({ ...own, ...operator })),
})
const withTensor = (
  index: number,
  tensor: Partial<GraphToWrite['tensors'][number]>,
): GraphToWrite => ({
  ...small,
  tensors: small.tensors.map((own, i) => (i === index ? { ...own, ...tensor } : own)),
})

test.each<[string, GraphToWrite, RegExp]>([
  [
    'an operator without a conversion, by its place, output and name',
    withOperator({ name: 'LSTM' }),
    /node '0: y' \(LSTM\) has no conversion/,
  ],
  [
    'a custom operator',
    withOperator({ name: 'MaxPoolingWithArgmax2D' }),
    /\(MaxPoolingWithArgmax2D\) has no/,
  ],
  [
    'an operator named like what every object has',
    withOperator({ name: 'toString' }),
    /\(toString\) has no conversion/,
  ],
  [
    'the options of another operator',
    withOperator({ options: ['Mul', {}] }),
    /options of kind 21; Add \(11\)/,
  ],
  [
    'an unknown activation',
    withOperator({ options: ['Add', { fused_activation_function: 5 }] }),
    /fused activation 5/,
  ],
  [
    'a choice for whole rows, which would be one for columns in ONNX',
    {
      ...withOperator({ name: 'SELECT', inputs: [3, 0, 0] }),
      tensors: [
        ...small.tensors,
        { name: 'c', type: 'BOOL', shape: [2], data: Uint8Array.of(0, 1) },
      ],
    },
    /chooses by \[2\] between \[1,2\]/,
  ],
  ['an input too few', withOperator({ inputs: [0] }), /lacks input 1; it has 1/],
  [
    'a tensor that is not there',
    withOperator({ inputs: [0, 9] }),
    /operator 0 \(ADD\) names tensor 9 of 3/,
  ],
  [
    'a tensor that nothing has written',
    withOperator({ inputs: [0, 2] }),
    /reads tensor 2 'y' before/,
  ],
  [
    'a tensor written twice',
    { ...small, operators: [...small.operators, ...small.operators] },
    /writes tensor 2 'y', which has a value already/,
  ],
  [
    'an output that is a constant',
    withOperator({ outputs: [1] }),
    /writes tensor 1 'w', which has a value already/,
  ],
  [
    'a constant of too few bytes',
    withTensor(1, { data: bytesOf(1) }),
    /FLOAT32 of \[2\], 8 bytes, but has 4/,
  ],
  ['a negative dimension', withTensor(2, { shape: [1, -2] }), /'y' has the shape \[1,-2\]/],
  [
    'a tensor of terabytes',
    withTensor(2, { shape: [65_536, 65_536, 65_536] }),
    /the limit is \d+ elements/,
  ],
  ['sparse weights', withTensor(1, { sparse: true }), /tensor 1 'w' stored sparse/],
  [
    'quantised activations',
    withTensor(2, { type: 'INT8', quantization: { scales: [0.1] } }),
    /computes with quantised numbers: 'y' is INT8/,
  ],
  [
    'a scale too many',
    withTensor(1, { type: 'INT8', data: Uint8Array.of(1, 2), quantization: { scales: [1, 2, 3] } }),
    /'w' of shape \[2\] has 3 scales/,
  ],
  ['constants of text', withTensor(1, { type: 'STRING' }), /'w' of STRING/],
  ['a graph without the output', { ...small, outputs: [] }, /has no output 'y'; it has none/],
])('refuses %s', (_, graph, message) => {
  const file = writeTflite(graph)
  expect(() => convert(file)).toThrow(message)
  expect(() => convert(file)).toThrow(BuildError)
})

test.each<[string, Uint8Array, RegExp]>([
  ['nothing', new Uint8Array(0), /is cut off or damaged: the file identifier/],
  [
    'another format',
    new TextEncoder().encode('{"format": "graph-model"}'),
    /is no TensorFlow Lite file/,
  ],
])('refuses %s', (_, file, message) => {
  expect(() => convert(file)).toThrow(message)
})

test('refuses a manifest that names or sizes tensors otherwise, and says what there is', () => {
  const file = writeTflite(small)
  expect(() => convert(file, [])).toThrow(/has the input 'x'; the manifest names no such/)
  expect(() => convert(file, [x, floats('z', [1])])).toThrow(/has no input 'z'; it has x/)
  expect(() => convert(file, [x], [floats('z', [1])])).toThrow(/has no output 'z'; it has y/)
  expect(() => convert(file, [floats('x', [-1, 2])])).toThrow(
    /FP32 of \[1,2\]; the manifest says FP32 of \[-1,2\]/,
  )
  const files = { weights: file }
  expect(() => converter.convert({ who: '[small]', files, inputs: [x], outputs: [y] })).toThrow(
    /\[small\] format tflite needs the file 'model'.+there are weights/,
  )
})

test.each<[string, GraphToWrite['tensors'][number], number[]]>([
  [
    'half precision',
    {
      name: 'w',
      type: 'FLOAT16',
      shape: [4],
      data: new Uint8Array(Uint16Array.of(0x3c00, 0xc100, 0x0001, 0x7bff).buffer),
    },
    [1, -2.5, 2 ** -24, 65504],
  ],
  [
    'INT8 with one scale',
    {
      name: 'w',
      type: 'INT8',
      shape: [4],
      data: Uint8Array.of(255, 0, 1, 127),
      quantization: { scales: [0.5], zeroPoints: [1] },
    },
    [-1, -0.5, 0, 63],
  ],
  [
    'UINT8 with a scale for each slice of the last axis',
    {
      name: 'w',
      type: 'UINT8',
      shape: [2, 2],
      data: Uint8Array.of(0, 10, 128, 255),
      quantization: { scales: [1, 2], zeroPoints: [0, 5], axis: 1 },
    },
    [0, 10, 128, 500],
  ],
])('widens constants of %s', async (_, weights, expected) => {
  const { shape } = weights
  const graph: GraphToWrite = {
    tensors: [weights, { name: 'wide', shape }, { name: 'x', shape }, { name: 'y', shape }],
    inputs: [2],
    outputs: [3],
    operators: [
      { name: 'DEQUANTIZE', inputs: [0], outputs: [1] },
      { name: 'ADD', inputs: [1, 2], outputs: [3], options: ['Add', {}] },
    ],
  }
  const specs = [[floats('x', [...shape])], [floats('y', [...shape])]] as const
  const bytes = convert(writeTflite(graph), [...specs[0]], [...specs[1]])
  const session = await runtime.createSession({ modelId: 'small', bytes })
  const zeros = { datatype: 'FP32', shape, data: new Float32Array(4) } as const
  expect([...((await session.run({ x: zeros })).y?.data ?? [])]).toEqual(expected)
})

describe('damaged files', () => {
  const file = writeTflite(small)
  let published = new Uint8Array(0)
  beforeAll(async () => {
    published = new Uint8Array(await fetchPublished('selfie segmentation'))
  })
  const graph = {
    who: '[damaged]',
    inputs: [floats('input_1', [1, 256, 256, 3])],
    outputs: [floats('activation_10', [1, 256, 256, 1])],
  }

  /** Converts what may be damaged: either it goes, or BuildError says why not. */
  function tryConvert(work: () => unknown): 'converted' | 'refused' {
    try {
      work()
      return 'converted'
    } catch (err) {
      expect(err).toBeInstanceOf(BuildError)
      expect(String(err)).toMatch(/\[(small|damaged)\]/)
      return 'refused'
    }
  }

  test('is refused wherever it is cut off', () => {
    for (let length = 0; length < file.length; length++) {
      // the last bytes are those of the first buffer, which is empty
      tryConvert(() => convert(file.subarray(0, length)))
    }
    const STEP = 997
    for (let length = 0; length < published.length; length += STEP) {
      const model = { ...graph, files: { model: published.subarray(0, length) } }
      expect(tryConvert(() => converter.convert(model))).toBe('refused')
    }
  })

  test('is converted or refused, but no more, with any byte changed', () => {
    let refused = 0
    for (let at = 0; at < file.length; at++) {
      for (const change of [1, 0x80, 0xff]) {
        const damaged = file.with(at, (file[at] ?? 0) ^ change)
        if (tryConvert(() => convert(damaged)) === 'refused') refused++
      }
    }
    expect(refused).toBeGreaterThan(file.length)
  })

  test('is converted or refused, but no more, with bytes of a published model overwritten', () => {
    const random = seededRandom(5)
    const ROUNDS = 300
    const MOST_BYTES = 24
    for (let round = 0; round < ROUNDS; round++) {
      const damaged = published.slice()
      for (let i = 0; i <= round % MOST_BYTES; i++) {
        damaged[Math.floor(random() * damaged.length)] = Math.floor(random() * 256)
      }
      tryConvert(() => converter.convert({ ...graph, files: { model: damaged } }))
    }
  }, 60_000)
})
