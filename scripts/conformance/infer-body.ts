import { fitsJson, onesAsBytes, onesAsJson } from './datatypes.ts'
import type { ModelMetadata, TensorMetadata } from './model-metadata.ts'

/** A tensor of a request; without `data` its bytes follow the JSON. */
export interface InputTensor {
  name: string
  datatype: string
  shape: readonly number[]
  data?: unknown
  bytes?: Uint8Array<ArrayBuffer> | undefined
  parameters?: Readonly<Record<string, unknown>>
}

export interface InferBody {
  inputs: readonly InputTensor[]
  outputs?: readonly { name: string; parameters?: Readonly<Record<string, unknown>> }[] | undefined
  id?: string
  parameters?: Readonly<Record<string, unknown>>
  /** Whatever else. */
  [field: string]: unknown
}

/** Free dimensions are 1. */
export function sampleShape({ shape }: TensorMetadata): readonly number[] {
  return shape.map((dim) => (dim < 0 ? 1 : dim))
}

/** An input of ones as JSON. */
export function jsonInput(input: TensorMetadata): InputTensor {
  const shape = sampleShape(input)
  const { name, datatype } = input
  return { name, datatype, shape, data: onesAsJson(datatype, countOf(shape)) }
}

/** An input of ones as bytes. */
export function binaryInput(input: TensorMetadata): InputTensor {
  const shape = sampleShape(input)
  const { name, datatype } = input
  return { name, datatype, shape, bytes: onesAsBytes(datatype, countOf(shape)) }
}

/** Outputs that JSON cannot carry must be asked for as bytes; where there are none, nothing need be said. */
export function sampleOutputs({ outputs }: Pick<ModelMetadata, 'outputs'>): InferBody['outputs'] {
  if (outputs.every(({ datatype }) => fitsJson(datatype))) return undefined
  return outputs.map(({ name, datatype }) =>
    fitsJson(datatype) ? { name } : { name, parameters: { binary_data: true } },
  )
}

/** Every input of the model, as JSON where it can be. */
export function sampleInputs({ inputs }: Pick<ModelMetadata, 'inputs'>): InputTensor[] {
  return inputs.map((input) => (fitsJson(input.datatype) ? jsonInput(input) : binaryInput(input)))
}

/** The inputs with `changes` made to the one of that name. */
export function changeInput(
  inputs: readonly InputTensor[],
  name: string,
  changes: Partial<InputTensor>,
): InputTensor[] {
  return Array.from(inputs, (input) => (input.name === name ? { ...input, ...changes } : input))
}

export const countOf = (shape: readonly number[]): number =>
  shape.reduce((product, dim) => product * dim, 1)

/** The request as it is sent: JSON, and behind it the bytes of its binary tensors. */
export function encodeInfer(body: InferBody): {
  headers: Record<string, string>
  body: Uint8Array<ArrayBuffer>
} {
  const binary = body.inputs.flatMap(({ bytes }) => bytes ?? [])
  const inputs = body.inputs.map(({ bytes, parameters, ...tensor }) => {
    const all = { ...parameters, ...(bytes ? { binary_data_size: bytes.byteLength } : {}) }
    return { ...tensor, ...(Object.keys(all).length > 0 ? { parameters: all } : {}) }
  })
  const json = new Uint8Array(new TextEncoder().encode(exactJson({ ...body, inputs })))
  if (binary.length === 0) return { headers: { 'content-type': 'application/json' }, body: json }
  return {
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(json.byteLength),
    },
    body: new Uint8Array(Buffer.concat([json, ...binary])),
  }
}

/** JSON in which a bigint is a number with all its digits. */
function exactJson(value: unknown): string {
  const marked = JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'bigint' ? `@integer@${inner}` : inner,
  )
  return marked.replaceAll(/"@integer@(-?\d+)"/g, '$1')
}
