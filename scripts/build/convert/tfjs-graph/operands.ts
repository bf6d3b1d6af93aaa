/** For tests: operands of one node, in names as short as tables of cases want them. */
import { seededRandom } from '#shared/seeded-random.ts'

import { floats, type Operand } from './graph-fixture.ts'

const random = seededRandom(11)

export const f = (...shape: number[]) => floats(random, shape)
export const positive = (...shape: number[]) => floats(random, shape, [0.1, 3])
export const within = (low: number, high: number, ...shape: number[]) =>
  floats(random, shape, [low, high])

export const constant = (operand: Operand): Operand => ({ ...operand, constant: true })
export const c = (...shape: number[]) => constant(f(...shape))

/** A constant scalar. */
export const single = (value: number) => constant(fp32([], [value]))
/** A constant vector. */
export const numbers = (...values: number[]) => constant(fp32([values.length], values))
/** A constant table of so many rows of two whole numbers. */
export const pairs = (values: readonly number[]) =>
  constant({ datatype: 'INT32', shape: [values.length / 2, 2], data: Int32Array.from(values) })

/** Whole numbers from `low` to below `high`. */
export function whole(shape: number[], low: number, high: number): Operand {
  const { data } = floats(random, shape, [low, high])
  return { datatype: 'INT32', shape, data: Int32Array.from(data, Math.floor) }
}

export function nonZero(shape: number[]): Operand {
  const { data } = floats(random, shape, [-5, 5])
  return { datatype: 'INT32', shape, data: Int32Array.from(data, (x) => Math.floor(x) || 3) }
}

export function flags(...shape: number[]): Operand {
  return {
    datatype: 'BOOL',
    shape,
    data: Uint8Array.from(f(...shape).data, (x) => (x > 0 ? 1 : 0)),
  }
}

/** Attributes of what goes over height and width. */
export const window = (padding: string, strides = [1, 1, 1, 1], dilations = [1, 1, 1, 1]) => ({
  padding,
  strides,
  dilations,
  data_format: 'NHWC',
})

/** A constant of whole numbers: a vector, or of one number without brackets a scalar. */
export function ints(values: number | readonly number[]): Operand {
  const list = [values].flat()
  const shape = typeof values === 'number' ? [] : [list.length]
  return { datatype: 'INT32', shape, data: Int32Array.from(list), constant: true }
}

function fp32(shape: number[], values: readonly number[]): Operand {
  return { datatype: 'FP32', shape, data: Float32Array.from(values) }
}
