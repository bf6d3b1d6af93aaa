import { elementCount } from '#shared/tensor.ts'

/** A picture as most classifiers take it. */
export const SHAPE = [1, 3, 224, 224]

const SEED = 0x2545f491

/** Floats without a short decimal form, as pixels are after normalisation; JSON has some 19 digits of each. */
export const VALUES = Float32Array.from({ length: elementCount(SHAPE) }, random(SEED))

export interface TensorBody {
  name: 'JSON' | 'binary'
  headers: Readonly<Record<string, string>>
  body: Uint8Array
}

/** The same inference twice: with the tensor as JSON in both directions, and as binary. */
export const BODIES: readonly [TensorBody, TensorBody] = [jsonBody(), binaryBody()]

function jsonBody(): TensorBody {
  const tensor = { name: 'fp32', shape: SHAPE, datatype: 'FP32', data: Array.from(VALUES) }
  return { name: 'JSON', headers: {}, body: encode({ inputs: [tensor] }) }
}

function binaryBody(): TensorBody {
  const bytes = new Uint8Array(VALUES.buffer)
  const parameters = { binary_data_size: bytes.byteLength }
  const json = encode({
    inputs: [{ name: 'fp32', shape: SHAPE, datatype: 'FP32', parameters }],
    parameters: { binary_data_output: true },
  })
  const body = new Uint8Array(json.byteLength + bytes.byteLength)
  body.set(json)
  body.set(bytes, json.byteLength)
  return {
    name: 'binary',
    headers: { 'inference-header-content-length': String(json.byteLength) },
    body,
  }
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

/** Marsaglia's xorshift, from -2 to 2: the same numbers at each run. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state / 2 ** 30
  }
}
