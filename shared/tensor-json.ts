import type { TensorSpec } from './manifest.ts'
import { MeshError } from './mesh-error.ts'
import type { InferRequest, InferResponse, InferTensor } from './protocol.ts'
import { DATATYPES, elementCount, type Datatype, type Tensor, type Tensors } from './tensor.ts'

const INTEGER_RANGE: Partial<Record<Datatype, readonly [number, number]>> = {
  UINT8: [0, 0xff],
  INT8: [-0x80, 0x7f],
  UINT16: [0, 0xffff],
  INT16: [-0x8000, 0x7fff],
  UINT32: [0, 0xffff_ffff],
  INT32: [-0x8000_0000, 0x7fff_ffff],
  // JSON numbers are exact only to 2^53; beyond it a value may have been rounded before it got here
  UINT64: [0, Number.MAX_SAFE_INTEGER],
  INT64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
}

/** Checks JSON tensors against the graph's inputs and makes arrays of them. Throws `invalid_input`. */
export function tensorsFromJson(
  request: InferRequest,
  specs: readonly TensorSpec[],
  maxElements: number,
  who: string,
): Tensors {
  const known = new Map(specs.map((spec) => [spec.name, spec]))
  const tensors: Record<string, Tensor> = {}
  for (const given of request.inputs) {
    const spec = known.get(given.name)
    if (!spec) throw invalid(`${who} has no input '${given.name}'; it has ${list(specs)}`)
    if (Object.hasOwn(tensors, given.name))
      throw invalid(`${who} input '${given.name}' is given twice`)
    tensors[given.name] = fromJson(given, spec, maxElements, `${who} input '${given.name}'`)
  }
  const missing = specs.filter((spec) => !Object.hasOwn(tensors, spec.name))
  if (missing.length > 0) throw invalid(`${who} lacks the input ${list(missing)}`)
  return tensors
}

function fromJson(given: InferTensor, spec: TensorSpec, maxElements: number, who: string): Tensor {
  if (given.datatype !== spec.datatype) {
    throw invalid(`${who} is ${given.datatype}; it must be ${spec.datatype}`)
  }
  const fits =
    given.shape.length === spec.shape.length &&
    spec.shape.every((dim, i) => dim === -1 || dim === given.shape[i])
  if (!fits)
    throw invalid(`${who} has shape [${given.shape}]; it must be [${spec.shape}] (-1: any)`)

  const count = elementCount(given.shape)
  if (count > maxElements) {
    throw invalid(`${who} has ${count} elements; the limit is ${maxElements}`)
  }
  const data = new DATATYPES[spec.datatype](count)
  const filled = fill(data, given.data, 0, spec.datatype, who)
  if (filled !== count) {
    throw invalid(`${who} has ${filled} values; shape [${given.shape}] needs ${count}`)
  }
  return { datatype: spec.datatype, shape: given.shape, data }
}

/** Writes nested or flat values row-major; returns how many, without writing past the end. */
function fill(
  data: Tensor['data'],
  values: readonly unknown[],
  at: number,
  datatype: Datatype,
  who: string,
): number {
  let next = at
  for (const value of values) {
    if (Array.isArray(value)) {
      next = fill(data, value, next, datatype, who)
      continue
    }
    if (next < data.length) data[next] = element(value, datatype, who, next)
    next++
  }
  return next
}

function element(value: unknown, datatype: Datatype, who: string, at: number): never {
  if (datatype === 'BOOL') {
    if (typeof value !== 'boolean' && value !== 0 && value !== 1) {
      throw invalid(`${who} value ${at} must be true or false`)
    }
    return Number(value) as never // as: the array's element type follows from datatype
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw invalid(`${who} value ${at} must be a finite number`)
  }
  const range = INTEGER_RANGE[datatype]
  if (range && (!Number.isInteger(value) || value < range[0] || value > range[1])) {
    throw invalid(
      `${who} value ${at} is ${value}; ${datatype} takes integers ${range[0]} to ${range[1]}`,
    )
  }
  const is64 = datatype === 'INT64' || datatype === 'UINT64'
  return (is64 ? BigInt(value) : value) as never // as: the array's element type follows from datatype
}

/** The outputs as OIP JSON, only those asked for. Throws `invalid_input` for one the graph hasn't. */
export function tensorsToJson(
  outputs: Tensors,
  wanted: InferRequest['outputs'],
  who: string,
): InferResponse['outputs'] {
  const names = wanted?.map((output) => output.name) ?? Object.keys(outputs)
  return names.map((name) => {
    const tensor = outputs[name]
    if (!tensor) {
      throw invalid(`${who} has no output '${name}'; it has ${Object.keys(outputs).join(', ')}`)
    }
    return {
      name,
      datatype: tensor.datatype,
      shape: tensor.shape,
      data: plainValues(tensor, `${who} output '${name}'`),
    }
  })
}

function plainValues({ datatype, data }: Tensor, who: string): (number | boolean)[] {
  return Array.from(data as ArrayLike<number | bigint>, (value) => {
    if (datatype === 'BOOL') return value !== 0
    const number = Number(value)
    if (!Number.isFinite(number) || (typeof value === 'bigint' && !Number.isSafeInteger(number))) {
      throw new MeshError('internal', `${who} has a value that JSON cannot carry exactly`)
    }
    return number
  })
}

function list(specs: readonly TensorSpec[]): string {
  return specs.map((spec) => `'${spec.name}' ${spec.datatype}[${spec.shape}]`).join(', ')
}

function invalid(message: string): MeshError {
  return new MeshError('invalid_input', message)
}
