import { MeshError } from './mesh-error.ts'

/**
 * The datatypes of Open Inference Protocol v2 whose elements are numbers, with the array that holds each.
 * FP16 and BF16 are held as their bits: what passes through needs no arithmetic.
 */
export const DATATYPES = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  INT8: Int8Array,
  UINT16: Uint16Array,
  INT16: Int16Array,
  UINT32: Uint32Array,
  INT32: Int32Array,
  UINT64: BigUint64Array,
  INT64: BigInt64Array,
  FP16: Uint16Array,
  BF16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array,
} as const

export type NumberDatatype = keyof typeof DATATYPES
/** BYTES has elements of any length: text to a graph, anything to the protocol. */
export type Datatype = NumberDatatype | 'BYTES'
export type NumberData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array

/** A dense row-major tensor of numbers. `data.length` is the product of `shape`; a scalar has shape `[]`. */
export interface NumberTensor {
  datatype: NumberDatatype
  shape: readonly number[]
  data: NumberData
}

/** As `NumberTensor`, an element each in `data`. */
export interface BytesTensor {
  datatype: 'BYTES'
  shape: readonly number[]
  data: readonly Uint8Array[]
}

export type Tensor = NumberTensor | BytesTensor

export type Tensors = Readonly<Record<string, Tensor>>

/** Every datatype by name. */
export const DATATYPE_NAMES: readonly [Datatype, ...Datatype[]] = [
  'BYTES',
  // as: Object.keys forgets that the keys of the table are exactly NumberDatatype
  ...(Object.keys(DATATYPES) as NumberDatatype[]),
]

/** The number of elements a shape holds. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1)
}

/**
 * What a shape costs, its empty dimensions counted as 1: a tensor of none may still be so many rows, each of
 * which a graph answers.
 */
export function shapeCost(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * Math.max(dim, 1), 1)
}

/** Numbers as they lie in memory, without a copy. */
export function numberBytes({ buffer, byteOffset, byteLength }: NumberData): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** A FP32 tensor over `data`, without a copy. */
export function fp32(data: Float32Array, shape: readonly number[]): Tensor {
  return { datatype: 'FP32', shape, data }
}

/** A scalar INT64 tensor. */
export function int64Scalar(value: number): Tensor {
  return { datatype: 'INT64', shape: [], data: BigInt64Array.of(BigInt(value)) }
}

/** The output called `name`; throws `internal` when the graph gave none, since its manifest says it does. */
export function requireTensor(tensors: Tensors, name: string): Tensor {
  const tensor = tensors[name]
  if (!tensor) throw new MeshError('internal', `the graph gave no output '${name}'`)
  return tensor
}

/** The numbers of the FP32 output called `name`; throws `internal` when there is none. */
export function requireFp32(tensors: Tensors, name: string): Float32Array {
  const { data } = requireTensor(tensors, name)
  if (!(data instanceof Float32Array)) {
    throw new MeshError('internal', `the graph's output '${name}' is not FP32`)
  }
  return data
}
