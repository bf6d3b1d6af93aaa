import * as fc from 'fast-check'
import { expect, expectTypeOf, test } from 'vitest'

import { CapillaryError } from './capillary-error.ts'
import { decodeTensors } from './decode-tensors.ts'
import { encodeTensors } from './encode-tensors.ts'
import type { Payload, Received } from './send.ts'
import { countOf, textsOf, type OutputTensor, type Tensor } from './tensor.ts'

const HEADER = 'inference-header-content-length'

/** A request taken apart as a server does: its JSON, and the bytes behind it. */
function read({ headers, body }: Payload): {
  json: Record<string, unknown>
  tail: Uint8Array<ArrayBuffer>
} {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  if (bytes instanceof Blob) throw new Error('tensors are sent as text or bytes')
  const length = Number(headers[HEADER] ?? bytes.length)
  return {
    json: JSON.parse(new TextDecoder().decode(bytes.subarray(0, length))) as Record<
      string,
      unknown
    >, // as: an object is sent
    tail: bytes.slice(length),
  }
}

function received(answer: object, tail = new Uint8Array()): Received {
  const head = new TextEncoder().encode(JSON.stringify(answer))
  return {
    headers: new Headers({ [HEADER]: String(head.length) }),
    bytes: Uint8Array.of(...head, ...tail).buffer,
  }
}

/** What a server answers that gives its inputs back. */
function echo(inputs: Record<string, Tensor>, binary: boolean): Record<string, OutputTensor> {
  const payload = encodeTensors(inputs, { binary })
  const { json, tail } = read(payload)
  if (binary) return decodeTensors(received({ outputs: json.inputs }, tail)).outputs
  return decodeTensors(received({ outputs: json.inputs })).outputs
}

const shapes = fc.array(fc.nat(4), { maxLength: 3 })
function tensorOf(
  datatype: Tensor['datatype'],
  make: (count: number) => fc.Arbitrary<Tensor['data']>,
): fc.Arbitrary<Tensor> {
  return shapes.chain((shape) =>
    // as: each row below pairs a datatype with its data
    make(countOf(shape)).map((data) => ({ datatype, shape, data }) as Tensor),
  )
}
const exactly = (count: number) => ({ minLength: count, maxLength: count })
const tensors = {
  BOOL: tensorOf('BOOL', (n) => fc.uint8Array({ ...exactly(n), max: 1 })),
  UINT8: tensorOf('UINT8', (n) => fc.uint8Array(exactly(n))),
  UINT16: tensorOf('UINT16', (n) => fc.uint16Array(exactly(n))),
  UINT32: tensorOf('UINT32', (n) => fc.uint32Array(exactly(n))),
  UINT64: tensorOf('UINT64', (n) => fc.bigUint64Array(exactly(n))),
  INT8: tensorOf('INT8', (n) => fc.int8Array(exactly(n))),
  INT16: tensorOf('INT16', (n) => fc.int16Array(exactly(n))),
  INT32: tensorOf('INT32', (n) => fc.int32Array(exactly(n))),
  INT64: tensorOf('INT64', (n) => fc.bigInt64Array(exactly(n))),
  FP16: tensorOf('FP16', (n) => fc.uint16Array(exactly(n))),
  BF16: tensorOf('BF16', (n) => fc.uint16Array(exactly(n))),
  FP32: tensorOf('FP32', (n) => fc.float32Array(exactly(n))),
  FP64: tensorOf('FP64', (n) => fc.float64Array(exactly(n))),
  BYTES: tensorOf('BYTES', (n) => fc.array(fc.uint8Array({ maxLength: 9 }), exactly(n))),
}

test.each(Object.entries(tensors))('%s of any shape comes back as it was sent', (_, tensor) => {
  fc.assert(
    fc.property(tensor, tensor, (x, y) => {
      expect(echo({ x, y }, true)).toEqual({ x, y })
    }),
    { numRuns: 60, seed: 1 },
  )
})

test('writes the JSON, then the tensors one behind the other', () => {
  const { json, tail } = read(
    encodeTensors(
      {
        words: { datatype: 'BYTES', shape: [2], data: ['é', ''] },
        flags: { datatype: 'BOOL', shape: [2], data: [true, false] },
      },
      { id: '7', parameters: { timeout: 50 }, outputs: ['y'], classification: { z: 3 } },
    ),
  )
  expect(json).toEqual({
    id: '7',
    parameters: { timeout: 50, binary_data_output: true },
    inputs: [
      { name: 'words', datatype: 'BYTES', shape: [2], parameters: { binary_data_size: 10 } },
      { name: 'flags', datatype: 'BOOL', shape: [2], parameters: { binary_data_size: 2 } },
    ],
    outputs: [
      { name: 'y', parameters: { binary_data: true } },
      { name: 'z', parameters: { binary_data: true, classification: 3 } },
    ],
  })
  expect(Array.from(tail)).toEqual([2, 0, 0, 0, 0xc3, 0xa9, 0, 0, 0, 0, 1, 0])
})

test('takes a view into a larger buffer for what it shows', () => {
  const data = Float32Array.of(1, 2, 3, 4).subarray(1, 3)
  expect(echo({ x: { datatype: 'FP32', shape: [2], data } }, true).x?.data).toEqual(
    Float32Array.of(2, 3),
  )
})

test('takes a Float16Array by its bits', () => {
  const x: Tensor = { datatype: 'FP16', shape: [2], data: Float16Array.of(1, -2) }
  expect(echo({ x }, true).x?.data).toEqual(Uint16Array.of(0x3c00, 0xc000))
})

test('as JSON, every digit of a 64-bit integer is written', () => {
  const x: Tensor = { datatype: 'INT64', shape: [2], data: BigInt64Array.of(-(2n ** 63n), 5n) }
  const { body } = encodeTensors({ x }, { binary: false })
  expect(body).toContain('"data":[-9223372036854775808,5]')
})

test.each([
  { datatype: 'FP32', shape: [2], data: Float32Array.of(0.1, -3) },
  { datatype: 'INT64', shape: [1, 2], data: BigInt64Array.of(-5n, 7n) },
  { datatype: 'BOOL', shape: [2], data: Uint8Array.of(1, 0) },
  { datatype: 'UINT8', shape: [0], data: new Uint8Array(0) },
] satisfies Tensor[])('as JSON, $datatype comes back as it was sent', (x) => {
  expect(echo({ x }, false)).toEqual({ x })
})

test.each([Number.NaN, Number.POSITIVE_INFINITY])(
  'as JSON, %d is refused before it is sent',
  (value) => {
    const bad = { datatype: 'FP32', shape: [1], data: Float32Array.of(value) } as const
    expect(() => encodeTensors({ x: bad }, { binary: false })).toThrow(TypeError)
    expect(() => encodeTensors({ x: bad }, {})).not.toThrow()
  },
)

test('as JSON, text comes back as its bytes', () => {
  const { x } = echo({ x: { datatype: 'BYTES', shape: [2], data: ['é', 'b'] } }, false)
  expect(x && textsOf(x)).toEqual(['é', 'b'])
})

test.each([
  ['too few elements', { datatype: 'FP32', shape: [3], data: new Float32Array(2) }],
  ['an array of another datatype', { datatype: 'INT32', shape: [2], data: new Float32Array(2) }],
  ['a plain list of numbers', { datatype: 'UINT8', shape: [2], data: [1, 300] }],
  ['a datatype that is not known', { datatype: 'FP8', shape: [1], data: new Uint8Array(1) }],
])('refuses %s before anything is sent', (_, tensor) => {
  const x = tensor as unknown as Tensor // as: what callers without types may pass
  expect(() => encodeTensors({ x }, {})).toThrow(TypeError)
})

test.each([
  { datatype: 'FP16', shape: [1], data: new Uint16Array(1) },
  { datatype: 'BYTES', shape: [1], data: [Uint8Array.of(0xff)] },
] satisfies Tensor[])('refuses $datatype that JSON cannot carry', (x) => {
  expect(() => encodeTensors({ x }, { binary: false })).toThrow(TypeError)
})

test('reads nested JSON, and outputs of which some are binary', () => {
  const answer = {
    model_name: 'm',
    model_version: '3',
    id: '7',
    outputs: [
      {
        name: 'a',
        datatype: 'INT32',
        shape: [2, 2],
        data: [
          [1, 2],
          [3, 4],
        ],
      },
      { name: 'b', datatype: 'UINT8', shape: [3], parameters: { binary_data_size: 3 } },
    ],
  }
  expect(decodeTensors(received(answer, Uint8Array.of(7, 8, 9)))).toEqual({
    model: 'm',
    version: '3',
    id: '7',
    outputs: {
      a: { datatype: 'INT32', shape: [2, 2], data: Int32Array.of(1, 2, 3, 4) },
      b: { datatype: 'UINT8', shape: [3], data: Uint8Array.of(7, 8, 9) },
    },
  })
})

const x = { name: 'x', datatype: 'FP32', shape: [2] }
const sized = (size: number) => ({ parameters: { binary_data_size: size } })
test.each([
  ['has fewer bytes than it says', { ...x, ...sized(8) }, 7],
  ['has bytes for another shape', { ...x, ...sized(4) }, 4],
  ['has a datatype of its own', { ...x, datatype: 'FP8', ...sized(2) }, 2],
  ['has neither data nor bytes', x, 0],
  ['has too few elements', { ...x, data: [1] }, 0],
  ['has no shape', { name: 'x', datatype: 'FP32', data: [1] }, 0],
  ['has no name', { datatype: 'FP32', shape: [1], data: [1] }, 0],
  ['is null', { ...x, datatype: 'FP32', shape: [1], data: [null] }, 0],
  ['is text', { ...x, datatype: 'FP32', shape: [1], data: ['1'] }, 0],
  ['is too large', { ...x, datatype: 'FP32', shape: [1], data: [1e39] }, 0],
  ['is a fraction', { ...x, datatype: 'INT32', shape: [1], data: [1.5] }, 0],
  ['is out of range', { ...x, datatype: 'UINT8', shape: [1], data: [256] }, 0],
  ['is negative', { ...x, datatype: 'UINT64', shape: [1], data: [-1] }, 0],
  ['is true for a number', { ...x, datatype: 'INT8', shape: [1], data: [true] }, 0],
  ['is 2 for BOOL', { ...x, datatype: 'BOOL', shape: [1], data: [2] }, 0],
  ['is a number for text', { ...x, datatype: 'BYTES', shape: [1], data: [1] }, 0],
  ['is FP16 in JSON', { ...x, datatype: 'FP16', shape: [1], data: [1] }, 0],
  ['is BF16 in JSON', { ...x, datatype: 'BF16', shape: [1], data: [1] }, 0],
  ['has rounded integers', { ...x, datatype: 'INT64', shape: [1], data: [2 ** 60] }, 0],
  ['has an element longer than its bytes', { ...x, datatype: 'BYTES', ...sized(5) }, 5],
  ['ends inside a length', { ...x, datatype: 'BYTES', ...sized(2) }, 2],
])('takes an output that %s for a bad response', (_, output, bytes) => {
  const tail = new Uint8Array(bytes).fill(1)
  expect(() => decodeTensors(received({ outputs: [output] }, tail))).toThrow(CapillaryError)
})

test.each(['9999', '-1', 'many', ''])('takes a JSON length of %j for a bad response', (length) => {
  const { bytes } = received({ outputs: [] })
  const headers = new Headers({ [HEADER]: length })
  expect(() => decodeTensors({ headers, bytes })).toThrow(CapillaryError)
})

test('never fails on an answer but with CapillaryError', () => {
  const value = fc.jsonValue()
  const output = fc.record(
    {
      name: fc.oneof(fc.string(), value),
      datatype: fc.oneof(fc.constantFrom('FP32', 'BYTES', 'INT64', 'BOOL'), value),
      shape: fc.oneof(fc.array(fc.nat(5)), value),
      data: fc.oneof(fc.array(fc.integer()), value),
      parameters: fc.oneof(fc.record({ binary_data_size: fc.integer({ max: 40 }) }), value),
    },
    { requiredKeys: [] },
  )
  const answers = fc.oneof(
    fc.record({ outputs: fc.array(output) }),
    fc.dictionary(fc.string(), value),
  )
  fc.assert(
    fc.property(answers, fc.uint8Array({ maxLength: 60 }), (answer, tail) => {
      try {
        decodeTensors(received(answer, tail))
      } catch (err) {
        expect(err).toBeInstanceOf(CapillaryError)
      }
    }),
    { numRuns: 2_000, seed: 1 },
  )
})

test('reads text of BYTES only', () => {
  expect(() => textsOf({ datatype: 'FP32', shape: [0], data: new Float32Array(0) })).toThrow(
    TypeError,
  )
})

test('types the data of an output by its datatype', () => {
  const take = (tensor: OutputTensor) => {
    if (tensor.datatype === 'FP32') expectTypeOf(tensor.data).toExtend<Float32Array>()
    if (tensor.datatype === 'BYTES') expectTypeOf(tensor.data).toEqualTypeOf<Uint8Array[]>()
  }
  take({ datatype: 'FP32', shape: [0], data: new Float32Array(0) })
})
