import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { MeshError } from '../mesh-error.ts'
import { binaryBytes } from './binary-tensor.ts'
import { parseExactJson } from './exact-json.ts'
import { parseJsonTensor } from './json-tensor.ts'
import { anyDatatype, anyShape, anyTensor } from './tensor-fixture.ts'
import { writeValues } from './write-values.ts'

const utf8 = new TextEncoder()

test('what is written as JSON is read as it was, bit for bit', () => {
  fc.assert(
    fc.property(anyTensor, (tensor) => {
      let json
      try {
        json = writeValues(tensor, 'it')
      } catch (err) {
        // what is not finite, text or JSON's at all
        expect(err).toBeInstanceOf(MeshError)
        expect(String(err)).toMatch(/binary_data/)
        return
      }
      const { datatype, shape } = tensor
      const values: unknown = parseExactJson(utf8.encode(json))
      if (!Array.isArray(values)) throw new Error('values are a list')
      const read = parseJsonTensor(values, { datatype, shape: [...shape] }, undefined, 'it')
      // JSON has no negative zero
      const written = datatype.startsWith('FP') ? withoutNegativeZero(tensor.data) : tensor.data
      expect(read.data).toEqual(written)
      if (datatype !== 'FP32' && datatype !== 'FP64') {
        expect(Buffer.compare(binaryBytes(read), binaryBytes(tensor))).toBe(0)
      }
    }),
    { numRuns: 1000 },
  )
})

test('answers values of any kind with a tensor or a MeshError', () => {
  fc.assert(
    fc.property(anyDatatype, anyShape, fc.array(fc.jsonValue()), (datatype, shape, values) => {
      try {
        const { data } = parseJsonTensor(values, { datatype, shape }, undefined, 'it')
        expect(data.length).toBe(shape.reduce((a, b) => a * b, 1))
      } catch (err) {
        expect(err).toBeInstanceOf(MeshError)
      }
    }),
    { numRuns: 1000 },
  )
})

test('keeps whole numbers beyond 2^53 exact, and others as JSON.parse has them', () => {
  expect(
    parseExactJson(utf8.encode('[9007199254740993, -9007199254740993, 1, 1.5, 1e300]')),
  ).toEqual([9007199254740993n, -9007199254740993n, 1, 1.5, 1e300])
})

function withoutNegativeZero(data: unknown): unknown {
  return data instanceof Float32Array || data instanceof Float64Array
    ? data.map((value) => value + 0)
    : data
}
