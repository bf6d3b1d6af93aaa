import { elementCount } from '#shared/tensor.ts'

import { BUILTIN_OPERATORS } from './builtin-operators.ts'
import type { FlatFile } from './flat-file.ts'
import { FlatTable } from './flat-table.ts'
import {
  BUFFER,
  FILE_IDENTIFIER,
  MODEL,
  OPERATOR,
  OPERATOR_CODE,
  QUANTIZATION,
  SCHEMA_VERSION,
  SUBGRAPH,
  TENSOR,
} from './schema.ts'
import { TENSOR_TYPES, type TensorType } from './tensor-types.ts'

/** More axes than any operator takes. */
const MAX_RANK = 8
/** Elements of the largest tensor that ONNX Runtime can be given: 2 GB of floats. */
const MAX_ELEMENTS = 2 ** 29
/** An operator's input that isn't there. */
const ABSENT = -1
/** In the field of 8 bits: the code is in the field of 32. */
const CUSTOM = 32

export interface TfliteTensor {
  index: number
  name: string
  shape: readonly number[]
  type: TensorType
  /** The values of a constant, a view into the file. */
  data: Uint8Array | undefined
  quantization: FlatTable<(typeof QUANTIZATION)[number]> | undefined
}

export interface TfliteOperator {
  index: number
  /** Of the builtin or custom operator. */
  name: string
  /** Undefined for an optional one that is left out. */
  inputs: readonly (TfliteTensor | undefined)[]
  outputs: readonly TfliteTensor[]
  table: FlatTable<(typeof OPERATOR)[number]>
}

export interface TfliteModel {
  inputs: readonly TfliteTensor[]
  outputs: readonly TfliteTensor[]
  operators: readonly TfliteOperator[]
}

/** Reads the main graph of a TensorFlow Lite file. Throws BuildError where it is damaged or holds what can't be converted. */
export function readModel(file: FlatFile): TfliteModel {
  if (file.text(4, FILE_IDENTIFIER.length, 'the file identifier') !== FILE_IDENTIFIER) {
    throw file.error(`is no TensorFlow Lite file: it would have '${FILE_IDENTIFIER}' at byte 4`)
  }
  const model = new FlatTable(file, file.uint32(0, 'the root'), MODEL, 'model')
  const version = model.uint32('version')
  if (version !== SCHEMA_VERSION) {
    throw file.error(`has schema version ${version}; the converter reads ${SCHEMA_VERSION}`)
  }
  const [graph] = model.tables('subgraphs', SUBGRAPH)
  if (!graph) throw file.error('has no graph')

  const buffers = model.tables('buffers', BUFFER)
  const tensors = graph
    .tables('tensors', TENSOR)
    .map((table, index) => readTensor(file, table, index, buffers))
  const tensorAt = (index: number, who: string) => {
    const tensor = tensors[index]
    if (tensor) return tensor
    throw file.error(`is damaged: ${who} names tensor ${index} of ${tensors.length}`)
  }

  const names = model.tables('operator_codes', OPERATOR_CODE).map(operatorName)
  const operators = graph.tables('operators', OPERATOR).map((table, index) => {
    const code = table.uint32('opcode_index')
    const name = names[code]
    if (name === undefined) {
      throw file.error(`is damaged: operator ${index} has code ${code} of ${names.length}`)
    }
    const who = `operator ${index} (${name})`
    return {
      index,
      name,
      inputs: table.int32s('inputs').map((i) => (i === ABSENT ? undefined : tensorAt(i, who))),
      outputs: table.int32s('outputs').map((i) => tensorAt(i, who)),
      table,
    }
  })
  return {
    inputs: graph.int32s('inputs').map((i) => tensorAt(i, 'the list of inputs')),
    outputs: graph.int32s('outputs').map((i) => tensorAt(i, 'the list of outputs')),
    operators,
  }
}

function operatorName(code: FlatTable<(typeof OPERATOR_CODE)[number]>): string {
  const number = Math.max(code.int8('deprecated_builtin_code'), code.int32('builtin_code'))
  if (number === CUSTOM) return code.text('custom_code') || 'CUSTOM'
  return BUILTIN_OPERATORS[number] ?? `BUILTIN_${number}`
}

function readTensor(
  file: FlatFile,
  table: FlatTable<(typeof TENSOR)[number]>,
  index: number,
  buffers: readonly FlatTable<(typeof BUFFER)[number]>[],
): TfliteTensor {
  const name = table.text('name')
  const who = `tensor ${index} '${name}'`
  const typeCode = table.int8('type')
  const type = TENSOR_TYPES[typeCode]
  if (!type) throw file.error(`has ${who} of the unknown type ${typeCode}`)
  const shape = table.int32s('shape')
  if (shape.length > MAX_RANK || shape.some((dim) => dim < 0)) {
    throw file.error(`is damaged: ${who} has the shape [${shape}]`)
  }
  if (elementCount(shape) > MAX_ELEMENTS) {
    throw file.error(`has ${who} of shape [${shape}]; the limit is ${MAX_ELEMENTS} elements`)
  }
  const buffer = buffers[table.uint32('buffer')]
  if (!buffer) {
    throw file.error(
      `is damaged: ${who} is in buffer ${table.uint32('buffer')} of ${buffers.length}`,
    )
  }
  if (table.has('sparsity')) {
    throw file.error(`has ${who} stored sparse; take the dense variant of the model`)
  }
  if (buffer.has('offset')) {
    throw file.error(`keeps ${who} after its graph, as files of more than 2 GB do`)
  }
  const stored = buffer.bytes('data')
  const data = stored && stored.byteLength > 0 ? stored : undefined
  const bytes = elementCount(shape) * type.bytes
  if (data && type.bytes > 0 && data.byteLength !== bytes) {
    throw file.error(
      `is damaged: ${who} is ${type.name} of [${shape}], ${bytes} bytes, but has ${data.byteLength}`,
    )
  }
  return { index, name, shape, type, data, quantization: table.table('quantization', QUANTIZATION) }
}
