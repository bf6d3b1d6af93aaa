import type { TensorSpec } from '../manifest.ts'
import { MeshError } from '../mesh-error.ts'
import { DATATYPES, elementCount, shapeCost, type Tensor, type Tensors } from '../tensor.ts'
import { parseBinaryTensor } from './binary-tensor.ts'
import { mayBeRounded } from './exact-json.ts'
import { flatValues } from './flat-values.ts'
import type { InferRequest, InferTensor } from './infer-request.ts'
import { parseJsonTensor } from './json-tensor.ts'
import { parseExactInferRequest, type InferCall } from './read-infer-call.ts'

export interface TensorBounds {
  specs: readonly TensorSpec[]
  /** Most elements of one tensor, where an empty dimension counts as 1. */
  maxElements: number
}

/**
 * The tensors of an inference, each checked against what the model takes before room is made for it.
 * Throws `invalid_input`, and `invalid_request` where the bytes are not those that the JSON tells of.
 */
export function requestTensors(
  { request, json, binary }: InferCall,
  { specs, maxElements }: TensorBounds,
  who: string,
): Tensors {
  if (!request) return rawTensor(binary, specs, maxElements, who)
  const known = new Map(specs.map((spec) => [spec.name, spec]))
  const seen = new Set<string>()
  for (const given of request.inputs) {
    const { name, data, shape } = given
    const spec = known.get(name)
    if (!spec) throw invalid(`${who} has no input '${name}'; it has ${list(specs)}`)
    if (seen.has(name)) throw invalid(`${who} input '${name}' is given twice`)
    seen.add(name)
    const owner = `${who} input '${name}'`
    requireFitting(given, spec, maxElements, owner)
    if (data) flatValues(data, shape, owner)
  }
  const missing = specs.filter(({ name }) => !seen.has(name))
  if (missing.length > 0) throw invalid(`${who} lacks the input ${list(missing)}`)

  const { inputs } = request.inputs.some(hasRounded) ? parseExactInferRequest(json, who) : request
  const chunks = binaryChunks(inputs, binary, who)
  return Object.fromEntries(
    inputs.map((given) => [given.name, toTensor(given, chunks.get(given), known, who)]),
  )
}

/** Only now, when they are as many as the model takes, values are looked at. */
function hasRounded({ datatype, data }: InferTensor): boolean {
  return datatype.endsWith('INT64') && Array.isArray(data) && someRounded(data)
}

function someRounded(data: readonly unknown[]): boolean {
  return data.some((value) => (Array.isArray(value) ? someRounded(value) : mayBeRounded(value)))
}

function toTensor(
  { name, shape, data, parameters }: InferTensor,
  bytes: Uint8Array | undefined,
  known: ReadonlyMap<string, TensorSpec>,
  who: string,
): Tensor {
  const owner = `${who} input '${name}'`
  const datatype = known.get(name)?.datatype
  if (!datatype) throw new MeshError('internal', `${owner} was not checked`)
  if (bytes) return parseBinaryTensor(bytes, { datatype, shape }, owner)
  if (data) return parseJsonTensor(data, { datatype, shape }, parameters, owner)
  throw invalid(`${owner} has neither data nor parameters.binary_data_size`)
}

function requireFitting(
  { datatype, shape }: InferTensor,
  spec: TensorSpec,
  maxElements: number,
  who: string,
): void {
  if (datatype !== spec.datatype) {
    throw invalid(`${who} is ${datatype}; it must be ${spec.datatype}`)
  }
  const fits =
    shape.length === spec.shape.length &&
    spec.shape.every((dim, i) => dim === -1 || dim === shape[i])
  if (!fits) throw invalid(`${who} has shape [${shape}]; it must be [${spec.shape}] (-1: any)`)
  const cost = shapeCost(shape)
  if (cost > maxElements) {
    throw invalid(
      `${who} has ${cost} elements, an empty dimension counted as 1; the limit is ${maxElements}`,
    )
  }
}

/** The bytes of each binary tensor: they follow one another in the order of the inputs, and nothing else follows. */
function binaryChunks(
  inputs: InferRequest['inputs'],
  binary: Uint8Array,
  who: string,
): ReadonlyMap<InferTensor, Uint8Array> {
  const chunks = new Map<InferTensor, Uint8Array>()
  let at = 0
  for (const input of inputs) {
    const size = input.parameters?.binary_data_size
    if (size === undefined) continue
    if (input.data) {
      throw invalid(`${who} input '${input.name}' has both data and parameters.binary_data_size`)
    }
    const left = binary.byteLength - at
    if (size > left) {
      throw new MeshError(
        'invalid_request',
        `${who} input '${input.name}' has a binary_data_size of ${size}; ${left} bytes are left behind the JSON`,
      )
    }
    chunks.set(input, binary.subarray(at, at + size))
    at += size
  }
  if (at < binary.byteLength) {
    throw new MeshError(
      'invalid_request',
      `${who} ${binary.byteLength - at} bytes follow the binary tensors; binary_data_size tells of ${at}`,
    )
  }
  return chunks
}

/** A body that is nothing but the only input's values: its one free dimension is as long as they reach. */
function rawTensor(
  bytes: Uint8Array,
  specs: readonly TensorSpec[],
  maxElements: number,
  who: string,
): Tensors {
  const [spec, ...others] = specs
  const free = spec?.shape.filter((dim) => dim === -1).length ?? 0
  if (!spec || others.length > 0 || free > 1) {
    throw invalid(
      `${who} takes ${list(specs)}: a body without JSON may only be one tensor with at most one free dimension`,
    )
  }
  const owner = `${who} input '${spec.name}'`
  const fixed = elementCount(spec.shape.filter((dim) => dim !== -1))
  if (spec.datatype === 'BYTES') {
    if (fixed !== 1) throw invalid(`${owner} has ${fixed} elements; a body without JSON is one`)
    const shape = spec.shape.map(() => 1)
    return { [spec.name]: { datatype: 'BYTES', shape, data: [bytes] } }
  }
  const length = bytes.byteLength / (fixed * DATATYPES[spec.datatype].BYTES_PER_ELEMENT)
  if (free === 1 && !Number.isInteger(length)) {
    throw invalid(`${owner} has ${bytes.byteLength} bytes, which are no whole ${list([spec])}`)
  }
  const shape = spec.shape.map((dim) => (dim === -1 ? length : dim))
  requireFitting({ ...spec, shape }, spec, maxElements, owner)
  return { [spec.name]: parseBinaryTensor(bytes, { datatype: spec.datatype, shape }, owner) }
}

function list(specs: readonly TensorSpec[]): string {
  return specs.map((spec) => `'${spec.name}' ${spec.datatype}[${spec.shape}]`).join(', ')
}

function invalid(message: string): MeshError {
  return new MeshError('invalid_input', message)
}
