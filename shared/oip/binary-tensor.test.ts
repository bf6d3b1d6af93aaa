import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { MeshError } from '../mesh-error.ts'
import { elementCount } from '../tensor.ts'
import { binaryBytes, parseBinaryTensor } from './binary-tensor.ts'
import { anyDatatype, anyShape, anyTensor } from './tensor-fixture.ts'

const RUNS = { numRuns: 1000 }

describe('the binary tensor parser', () => {
  test('gives back every tensor of every datatype and shape as it was, wherever its bytes lie', () => {
    fc.assert(
      fc.property(anyTensor, fc.nat(16), (tensor, offset) => {
        const written = binaryBytes(tensor)
        const bytes = new Uint8Array(offset + written.byteLength + 3)
        bytes.set(written, offset)
        const body = bytes.subarray(offset, offset + written.byteLength)
        const parsed = parseBinaryTensor(body, { ...tensor, shape: [...tensor.shape] }, 'it')
        expect([parsed.datatype, parsed.shape]).toEqual([tensor.datatype, tensor.shape])
        expect(parsed.data.length).toBe(elementCount(tensor.shape))
        expect(Buffer.compare(binaryBytes(parsed), written)).toBe(0)
      }),
      RUNS,
    )
  })

  test('answers bytes of any kind with a tensor or a MeshError, never with more room than there are bytes', () => {
    fc.assert(
      fc.property(
        anyDatatype,
        fc.array(fc.oneof(fc.nat(4), fc.constantFrom(2 ** 31 - 1, 2 ** 20)), { maxLength: 4 }),
        fc.uint8Array({ maxLength: 64 }),
        (datatype, shape, bytes) => {
          let parsed
          try {
            parsed = parseBinaryTensor(bytes, { datatype, shape }, 'it')
          } catch (err) {
            expect(err).toBeInstanceOf(MeshError)
            return
          }
          expect(parsed.data.length).toBe(elementCount(shape))
          expect(binaryBytes(parsed).byteLength).toBe(bytes.byteLength)
        },
      ),
      RUNS,
    )
  })

  test('refuses a tensor that lost or gained a byte', () => {
    fc.assert(
      fc.property(anyTensor, fc.boolean(), (tensor, longer) => {
        const bytes = binaryBytes(tensor)
        if (!longer && bytes.byteLength === 0) return
        const other = longer ? Buffer.concat([bytes, Buffer.alloc(1)]) : bytes.subarray(0, -1)
        const spec = { datatype: tensor.datatype, shape: [...tensor.shape] }
        expect(() => parseBinaryTensor(other, spec, 'it')).toThrow(MeshError)
      }),
      RUNS,
    )
  })

  test('makes no copy of numbers that lie aligned, nor of the elements of BYTES', () => {
    const bytes = new Uint8Array(new Float32Array([1, 2]).buffer)
    const numbers = parseBinaryTensor(bytes, { datatype: 'FP32', shape: [2] }, 'it')
    expect(numbers.data instanceof Float32Array && numbers.data.buffer).toBe(bytes.buffer)
    const text = Uint8Array.of(1, 0, 0, 0, 0x61)
    const { data } = parseBinaryTensor(text, { datatype: 'BYTES', shape: [1] }, 'it')
    expect(data[0] instanceof Uint8Array && data[0].buffer).toBe(text.buffer)
  })

  test.each([
    ['an element that reaches over the end', [9, 0, 0, 0, 1], 1, /element 0 ends after/],
    ['a length that is cut off', [1, 0, 0], 1, /element 0 ends after/],
    ['a length near 2^32', [255, 255, 255, 255, 1], 1, /element 0 ends after/],
    ['too few elements', [0, 0, 0, 0], 2, /only 1 elements; its shape needs 2/],
    ['too many', [0, 0, 0, 0, 0, 0, 0, 0], 1, /more than 1/],
  ])('refuses BYTES of %s', (_, bytes, count, sentence) => {
    const spec = { datatype: 'BYTES' as const, shape: [count] }
    expect(() => parseBinaryTensor(Uint8Array.from(bytes), spec, 'it')).toThrow(sentence)
  })

  test('knows shapes of no rank and of no elements', () => {
    const scalar = parseBinaryTensor(new Uint8Array(8), { datatype: 'FP64', shape: [] }, 'it')
    expect(scalar.data).toHaveLength(1)
    fc.assert(
      fc.property(anyDatatype, anyShape, (datatype, shape) => {
        const none = { datatype, shape: [...shape, 0] }
        expect(parseBinaryTensor(new Uint8Array(0), none, 'it').data).toHaveLength(0)
      }),
    )
  })
})
