import type { Edge, ElementType } from '#scripts/onnx-graph.ts'

import type { Emitter } from '../emitter.ts'

/** TensorFlow's DataType by name and number, for those that tfjs has; it holds int64 as int32. */
const ELEMENT_TYPE = new Map<string | number, ElementType>([
  ['DT_FLOAT', 'FP32'],
  [1, 'FP32'],
  ['DT_INT32', 'INT32'],
  [3, 'INT32'],
  ['DT_UINT8', 'INT32'],
  [4, 'INT32'],
  ['DT_INT64', 'INT32'],
  [9, 'INT32'],
  ['DT_BOOL', 'BOOL'],
  [10, 'BOOL'],
  ['DT_HALF', 'FP32'],
  [19, 'FP32'],
])

export function toElementType(dataType: string | number): ElementType | undefined {
  return ELEMENT_TYPE.get(dataType)
}

/** TensorProto.DataType of ONNX. */
const ONNX_TYPE = { FP32: 1, INT32: 6, INT64: 7, BOOL: 9 } as const

export function castTo(e: Emitter, edge: Edge, type: keyof typeof ONNX_TYPE): Edge {
  return e.emit('Cast', [edge], { to: ONNX_TYPE[type] })
}

/** A whole number, as a scalar. */
export function wholeScalar(e: Emitter, type: 'INT32' | 'INT64', value: number): Edge {
  const data = type === 'INT32' ? Int32Array.of(value) : BigInt64Array.of(BigInt(value))
  return e.constant(type, new Uint8Array(data.buffer), [])
}
