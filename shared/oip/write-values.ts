import { MeshError } from '../mesh-error.ts'
import type { Tensor } from '../tensor.ts'

/**
 * Most elements that an output may have as text. A graph may answer many times what it was given, and a
 * number takes some 20 bytes of text: an isolate has 128 MB for everything.
 */
const MAX_WRITTEN_ELEMENTS = 2 ** 20

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * A tensor's values as a JSON list, 64-bit integers exact however large. Throws `invalid_input` where
 * JSON cannot carry a value: the caller may ask for the same output as a binary tensor.
 */
export function writeValues(tensor: Tensor, who: string): string {
  const { datatype, data } = tensor
  requireWritable(data.length, who)
  if (datatype === 'BYTES') return `[${data.map((text, i) => quote(text, `${who} element ${i}`))}]`
  if (data.length === 0) return '[]'
  if (datatype === 'FP16' || datatype === 'BF16') throw inexpressible(`${who} is ${datatype}`)
  if (datatype === 'BOOL') return JSON.stringify(Array.from(data, Boolean))
  if (data instanceof Float32Array || data instanceof Float64Array) requireFinite(data, who)
  // JSON.stringify takes no bigints
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return `[${data.join(',')}]`
  return JSON.stringify(Array.from(data))
}

/** Throws `invalid_input` for more elements than are written as text. */
export function requireWritable(elements: number, who: string): void {
  if (elements <= MAX_WRITTEN_ELEMENTS) return
  throw new MeshError(
    'invalid_input',
    `${who} has ${elements} elements, of which at most ${MAX_WRITTEN_ELEMENTS} are written as text: ask for it with binary_data true, or for fewer classes`,
  )
}

function quote(bytes: Uint8Array, who: string): string {
  try {
    return JSON.stringify(utf8.decode(bytes))
  } catch {
    throw inexpressible(`${who} is not UTF-8`)
  }
}

function requireFinite(data: Float32Array | Float64Array, who: string): void {
  const wrong = data.findIndex((value) => !Number.isFinite(value))
  if (wrong !== -1) throw inexpressible(`${who} value ${wrong} is ${data[wrong]}`)
}

function inexpressible(what: string): MeshError {
  return new MeshError(
    'invalid_input',
    `${what}, which JSON cannot carry: ask for the output with binary_data true`,
  )
}
