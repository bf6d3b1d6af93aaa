/**
 * Tensors of the Open Inference Protocol as typed arrays. FP16 and BF16 are their bits in a Uint16Array, the
 * same in every runtime; where there is a Float16Array, it reads FP16 over the same buffer.
 */
const ARRAYS = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP16: Uint16Array,
  BF16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array,
}

type Arrays = typeof ARRAYS
export type NumericDatatype = keyof Arrays
export type NumericArray = InstanceType<Arrays[NumericDatatype]>

/** The class that holds a datatype's elements; undefined for BYTES and what isn't known. */
export function arrayOf(datatype: string): Arrays[NumericDatatype] | undefined {
  // as: its own keys are the datatypes
  return Object.hasOwn(ARRAYS, datatype) ? ARRAYS[datatype as NumericDatatype] : undefined
}

/** By its shape, since not every project's types know it. */
type Float16Array = ArrayBufferView & { readonly [Symbol.toStringTag]: 'Float16Array' }

interface Elements {
  BYTES: readonly (string | Uint8Array)[]
  BOOL: Uint8Array | readonly boolean[]
  UINT8: Uint8Array
  UINT16: Uint16Array
  UINT32: Uint32Array
  UINT64: BigUint64Array
  INT8: Int8Array
  INT16: Int16Array
  INT32: Int32Array
  INT64: BigInt64Array
  FP16: Uint16Array | Float16Array
  BF16: Uint16Array
  FP32: Float32Array
  FP64: Float64Array
}

export type Datatype = keyof Elements

/** A tensor to send: its elements row by row. */
export type Tensor = {
  [D in Datatype]: { datatype: D; shape: readonly number[]; data: Elements[D] }
}[Datatype]

/** A tensor received. BOOL has a byte of 0 or 1 an element; textsOf reads BYTES that are text. */
export type OutputTensor =
  | {
      [D in NumericDatatype]: {
        datatype: D
        shape: readonly number[]
        data: InstanceType<Arrays[D]>
      }
    }[NumericDatatype]
  | { datatype: 'BYTES'; shape: readonly number[]; data: Uint8Array[] }

/** What a server says of a model; -1 in a shape is a dimension of the caller's choice. */
export interface ModelMetadata {
  name: string
  versions?: string[]
  platform: string
  inputs: { name: string; datatype: string; shape: number[] }[]
  outputs: { name: string; datatype: string; shape: number[] }[]
}

/** Elements of a tensor of this shape; a scalar has one. */
export function countOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** The elements of a BYTES tensor as text. Throws TypeError on any other datatype. */
export function textsOf({ datatype, data }: OutputTensor): string[] {
  if (datatype !== 'BYTES') throw new TypeError(`a tensor of ${datatype} holds no text`)
  const utf8 = new TextDecoder()
  return data.map((bytes) => utf8.decode(bytes))
}
