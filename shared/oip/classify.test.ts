import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { fp32, type Tensor } from '../tensor.ts'
import { classify } from './classify.ts'
import { writeValues } from './write-values.ts'

const LABELS = ['red', 'green', 'blue']

function texts(tensor: Tensor, count: number, labels?: string[]): string[] {
  return classify(tensor, count, labels, 'it').data.map((bytes) => new TextDecoder().decode(bytes))
}

test('ranks each row of a batch, a vector as one row, equals in their order', () => {
  const batch = fp32(Float32Array.of(1, 3, 2, 5, 5, 4), [2, 3])
  expect(texts(batch, 2, LABELS)).toEqual(['3:1:green', '2:2:blue', '5:0:red', '5:1:green'])
  expect(classify(batch, 2, LABELS, 'it').shape).toEqual([2, 2])
  expect(classify(fp32(Float32Array.of(1, 2), [2]), 9, LABELS, 'it')).toMatchObject({ shape: [2] })
})

test('takes the dimensions behind the batch together', () => {
  const tensor = fp32(Float32Array.of(1, 4, 2, 3), [1, 2, 2])
  expect(texts(tensor, 2)).toEqual(['4:1', '3:3'])
})

test('leaves labels out unless there is one for each class', () => {
  expect(texts(fp32(Float32Array.of(1, 2), [1, 2]), 1, LABELS)).toEqual(['2:1'])
})

test('writes values so that they are read as they were', () => {
  const values = Float32Array.of(0.1, 1 / 3, 1e-7, 16_777_216)
  const read = texts(fp32(values, [1, 4]), 4).map((text) => Math.fround(parseFloat(text)))
  expect(read).toEqual(Array.from(values).toSorted((a, b) => b - a))
  const big = { datatype: 'INT64', shape: [1], data: BigInt64Array.of(2n ** 62n) } as const
  expect(texts(big, 1)).toEqual(['4611686018427387904:0'])
})

test('ranks what is no number last', () => {
  expect(texts(fp32(Float32Array.of(Number.NaN, -1, Number.NEGATIVE_INFINITY), [3]), 3)).toEqual([
    '-1:1',
    '-Infinity:2',
    'NaN:0',
  ])
})

test.each(['BOOL', 'FP16', 'BF16'] as const)('refuses %s by name', (datatype) => {
  const tensor = { datatype, shape: [1], data: new Uint16Array(1) }
  expect(() => classify(tensor, 1, undefined, 'it')).toThrow(datatype)
})

test('answers a batch of none with none', () => {
  expect(classify(fp32(new Float32Array(0), [0, 3]), 2, LABELS, 'it')).toMatchObject({
    shape: [0, 2],
    data: [],
  })
})

test('never makes a row for each of a batch that has no classes, nor more texts than are written', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31 - 1), fc.nat(9), (rows, count) => {
      const { shape, data } = classify(fp32(new Float32Array(0), [rows, 0]), count, LABELS, 'it')
      expect({ shape: [...shape], data }).toEqual({ shape: [rows, 0], data: [] })
    }),
  )
  const wide = fp32(new Float32Array(2 ** 20 + 1), [2 ** 20 + 1])
  expect(() => classify(wide, 2 ** 20 + 1, undefined, 'it')).toThrow('fewer classes')
  expect(() => writeValues(wide, 'it')).toThrow(/at most 1048576.*binary_data/)
})
