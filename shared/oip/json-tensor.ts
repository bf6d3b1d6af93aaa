import { decodeBase64 } from '../base64.ts'
import type { TensorSpec } from '../manifest.ts'
import { MeshError } from '../mesh-error.ts'
import { DATATYPES, type NumberData, type NumberDatatype, type Tensor } from '../tensor.ts'
import { flatValues } from './flat-values.ts'
import type { InferTensor } from './infer-request.ts'

const INTEGER_RANGE: Partial<Record<NumberDatatype, readonly [number | bigint, number | bigint]>> =
  {
    UINT8: [0, 0xff],
    INT8: [-0x80, 0x7f],
    UINT16: [0, 0xffff],
    INT16: [-0x8000, 0x7fff],
    UINT32: [0, 0xffff_ffff],
    INT32: [-0x8000_0000, 0x7fff_ffff],
    UINT64: [0n, 2n ** 64n - 1n],
    INT64: [-(2n ** 63n), 2n ** 63n - 1n],
  }

type Spec = Pick<TensorSpec, 'datatype' | 'shape'>

/**
 * Reads a tensor of JSON, whose values are flat or nested as its shape says. 64-bit integers beyond 2^53
 * must be bigints (exact-json.ts). Throws `invalid_input`; it makes room for no more elements than
 * `shape` has, which the caller has bounded.
 */
export function parseJsonTensor(
  data: readonly unknown[],
  { datatype, shape }: Spec,
  parameters: InferTensor['parameters'],
  who: string,
): Tensor {
  const values = flatValues(data, shape, who)
  if (datatype === 'BYTES') {
    const read = parameters?.content_type === 'base64' ? fromBase64 : fromText
    return { datatype, shape, data: values.map((value, i) => read(value, `${who} value ${i}`)) }
  }
  if ((datatype === 'FP16' || datatype === 'BF16') && values.length > 0) {
    throw invalid(`${who} is ${datatype}, which JSON cannot carry: send it as a binary tensor`)
  }
  return { datatype, shape, data: numbers(values, datatype, who) }
}

function numbers(values: readonly unknown[], datatype: NumberDatatype, who: string): NumberData {
  const data = new DATATYPES[datatype](values.length)
  const read = readerOf(datatype)
  for (let i = 0; i < values.length; i++) {
    const element = read(values[i])
    if (element === undefined) {
      throw invalid(`${who} value ${i} ${complaint(values[i], datatype)}`)
    }
    data[i] = element as never // as: readerOf gives bigints exactly for arrays of them
  }
  return data
}

/** Gives a value as the datatype's array takes it, undefined for what it can't be. */
function readerOf(datatype: NumberDatatype): (value: unknown) => number | bigint | undefined {
  if (datatype === 'BOOL') return readBoolean
  if (datatype === 'FP64') return readFloat
  const range = INTEGER_RANGE[datatype]
  if (!range) return readFp32
  const [least, most] = range
  const is64 = typeof least === 'bigint'
  return (value) => {
    const isWhole = Number.isSafeInteger(value) || typeof value === 'bigint'
    // as: a safe integer is a number
    const whole = value as number | bigint
    if (!isWhole || whole < least || whole > most) return undefined
    return is64 ? BigInt(whole) : whole
  }
}

function readBoolean(value: unknown): number | undefined {
  if (value === true || value === 1) return 1
  return value === false || value === 0 ? 0 : undefined
}

/**
 * A whole number comes as a bigint where another tensor of the request needed it exact, one too large as
 * an infinity.
 */
function readFloat(value: unknown): number | undefined {
  const float = typeof value === 'bigint' ? Number(value) : value
  return typeof float === 'number' && Number.isFinite(float) ? float : undefined
}

/** Of the numbers that JSON has, all but those too large. */
function readFp32(value: unknown): number | undefined {
  const float = readFloat(value)
  return float !== undefined && Number.isFinite(Math.fround(float)) ? float : undefined
}

function complaint(value: unknown, datatype: NumberDatatype): string {
  if (datatype === 'BOOL') return 'must be true or false'
  const range = INTEGER_RANGE[datatype]
  if (!range) return `must be a number that ${datatype} holds`
  const given = typeof value === 'number' || typeof value === 'bigint' ? `is ${value}` : 'is none'
  return `${given}; ${datatype} takes integers ${range[0]} to ${range[1]}`
}

const utf8 = new TextEncoder()

function fromText(value: unknown, who: string): Uint8Array {
  if (typeof value !== 'string') throw invalid(`${who} must be a string`)
  return utf8.encode(value)
}

function fromBase64(value: unknown, who: string): Uint8Array {
  if (typeof value !== 'string') throw invalid(`${who} must be base64 in a string`)
  try {
    return decodeBase64(value)
  } catch (err) {
    throw new MeshError('invalid_input', `${who} is not valid base64`, { cause: err })
  }
}

function invalid(message: string): MeshError {
  return new MeshError('invalid_input', message)
}
