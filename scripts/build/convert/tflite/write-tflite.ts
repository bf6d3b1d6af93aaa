/** Writes small TensorFlow Lite files for tests, by FlatBuffers' own builder. */
import { Builder, type Offset } from 'flatbuffers'

import { BUILTIN_OPERATORS } from './builtin-operators.ts'
import {
  BUFFER,
  FILE_IDENTIFIER,
  MODEL,
  OPERATOR,
  OPERATOR_CODE,
  OPTIONS,
  QUANTIZATION,
  SCHEMA_VERSION,
  SUBGRAPH,
  TENSOR,
  type OptionsField,
  type OptionsName,
} from './schema.ts'
import { TENSOR_TYPES } from './tensor-types.ts'

export interface TensorToWrite {
  name: string
  /** TensorFlow Lite's name of the type; FLOAT32 when absent. */
  type?: string
  shape: readonly number[]
  data?: Uint8Array
  quantization?: { scales: number[]; zeroPoints?: number[]; axis?: number }
  sparse?: boolean
}

export interface OperatorToWrite {
  name: string
  /** Indices of tensors; -1 is one left out. */
  inputs: readonly number[]
  outputs: readonly number[]
  options?: OptionsToWrite
  customOptions?: Uint8Array
  /** Of the operator's definition; 1 when absent. */
  version?: number
}

/** Options by their name and the values of fields; those absent have the schema's default. */
export type OptionsToWrite = {
  [Name in OptionsName]: readonly [Name, Partial<Record<OptionsField<Name>, number>>]
}[OptionsName]

export interface GraphToWrite {
  tensors: readonly TensorToWrite[]
  inputs: readonly number[]
  outputs: readonly number[]
  operators: readonly OperatorToWrite[]
}

const CUSTOM = BUILTIN_OPERATORS.indexOf('CUSTOM')
/** Fields of options that are no 32-bit integers. */
const FLOAT_FIELDS = new Set(['alpha', 'beta'])
const BYTE_FIELDS = new Set([
  'padding',
  'fused_activation_function',
  'weights_format',
  'align_corners',
  'half_pixel_centers',
  'keep_dims',
  'adj_x',
  'adj_y',
  'approximate',
  'mode',
  'output_type',
  'out_type',
])

export function writeTflite({ tensors, inputs, outputs, operators }: GraphToWrite): Uint8Array {
  const b = new Builder(1024)
  // buffer 0 is the empty one, by convention
  const buffers = [undefined, ...tensors.map(({ data }) => data)].map((data) => {
    const bytes = data && b.createByteVector(data)
    return table(b, BUFFER, { data: bytes })
  })
  const tensorTables = tensors.map((tensor, i) => {
    const { name, type = 'FLOAT32', shape, quantization, sparse = false } = tensor
    const fields = {
      shape: int32s(b, shape),
      name: b.createString(name),
      quantization: quantization && writeQuantization(b, quantization),
      sparsity: sparse ? table(b, [], {}) : undefined,
    }
    const code = TENSOR_TYPES.findIndex((known) => known.name === type)
    return table(b, TENSOR, fields, () => {
      b.addFieldInt8(TENSOR.indexOf('type'), code, 0)
      b.addFieldInt32(TENSOR.indexOf('buffer'), i + 1, 0)
    })
  })
  const operatorTables = operators.map((operator, i) => writeOperator(b, operator, i))
  const subgraph = table(b, SUBGRAPH, {
    tensors: offsets(b, tensorTables),
    inputs: int32s(b, inputs),
    outputs: int32s(b, outputs),
    operators: offsets(b, operatorTables),
  })
  const fields = {
    operator_codes: offsets(
      b,
      operators.map((operator) => writeOperatorCode(b, operator)),
    ),
    subgraphs: offsets(b, [subgraph]),
    buffers: offsets(b, buffers),
  }
  const root = table(b, MODEL, fields, () =>
    b.addFieldInt32(MODEL.indexOf('version'), SCHEMA_VERSION, 0),
  )
  b.finish(root, FILE_IDENTIFIER)
  return b.asUint8Array().slice()
}

function writeOperator(b: Builder, operator: OperatorToWrite, codeIndex: number): Offset {
  const { options, customOptions } = operator
  const fields = {
    inputs: int32s(b, operator.inputs),
    outputs: int32s(b, operator.outputs),
    builtin_options: options && writeOptions(b, options),
    custom_options: customOptions && b.createByteVector(customOptions),
  }
  return table(b, OPERATOR, fields, () => {
    b.addFieldInt32(OPERATOR.indexOf('opcode_index'), codeIndex, 0)
    if (options) {
      b.addFieldInt8(OPERATOR.indexOf('builtin_options_type'), OPTIONS[options[0]].type, 0)
    }
  })
}

function writeOptions(b: Builder, [name, values]: OptionsToWrite): Offset {
  const fields: readonly string[] = OPTIONS[name].fields
  return table(b, fields, {}, () => {
    for (const [field, value] of Object.entries(values)) {
      const slot = fields.indexOf(field)
      if (FLOAT_FIELDS.has(field)) b.addFieldFloat32(slot, value, 0)
      else if (BYTE_FIELDS.has(field)) b.addFieldInt8(slot, value, 0)
      else b.addFieldInt32(slot, value, 0)
    }
  })
}

function writeOperatorCode(b: Builder, { name, version = 1 }: OperatorToWrite): Offset {
  const known = BUILTIN_OPERATORS.indexOf(name)
  const code = known === -1 ? CUSTOM : known
  const fields = { custom_code: known === -1 ? b.createString(name) : undefined }
  return table(b, OPERATOR_CODE, fields, () => {
    b.addFieldInt8(OPERATOR_CODE.indexOf('deprecated_builtin_code'), Math.min(code, 127), 0)
    b.addFieldInt32(OPERATOR_CODE.indexOf('version'), version, 0)
    b.addFieldInt32(OPERATOR_CODE.indexOf('builtin_code'), code, 0)
  })
}

function writeQuantization(
  b: Builder,
  {
    scales,
    zeroPoints = scales.map(() => 0),
    axis = 0,
  }: NonNullable<TensorToWrite['quantization']>,
): Offset {
  b.startVector(4, scales.length, 4)
  for (const scale of scales.toReversed()) b.addFloat32(scale)
  const scale = b.endVector()
  b.startVector(8, zeroPoints.length, 8)
  for (const point of zeroPoints.toReversed()) b.addInt64(BigInt(point))
  const fields = { scale, zero_point: b.endVector() }
  return table(b, QUANTIZATION, fields, () =>
    b.addFieldInt32(QUANTIZATION.indexOf('quantized_dimension'), axis, 0),
  )
}

/** A table of fields that lie elsewhere, and what `addInline` adds. */
function table(
  b: Builder,
  fields: readonly string[],
  elsewhere: Readonly<Record<string, Offset | undefined>>,
  addInline = () => {},
): Offset {
  b.startObject(fields.length)
  for (const [field, offset] of Object.entries(elsewhere)) {
    if (offset !== undefined) b.addFieldOffset(fields.indexOf(field), offset, 0)
  }
  addInline()
  return b.endObject()
}

function int32s(b: Builder, values: readonly number[]): Offset {
  b.startVector(4, values.length, 4)
  for (const value of values.toReversed()) b.addInt32(value)
  return b.endVector()
}

function offsets(b: Builder, tables: readonly Offset[]): Offset {
  b.startVector(4, tables.length, 4)
  for (const offset of tables.toReversed()) b.addOffset(offset)
  return b.endVector()
}
