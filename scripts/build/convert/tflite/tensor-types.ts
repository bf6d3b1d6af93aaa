import type { ElementType } from '#scripts/onnx-graph.ts'

export interface TensorType {
  name: string
  /** Bytes of an element; 0 where elements are shorter than a byte or of varying length. */
  bytes: number
  /** The same type in ONNX; absent where the converter knows none. */
  onnx?: ElementType
}

/** TensorFlow Lite's tensor types by their code. */
export const TENSOR_TYPES: readonly TensorType[] = [
  { name: 'FLOAT32', bytes: 4, onnx: 'FP32' },
  { name: 'FLOAT16', bytes: 2, onnx: 'FP16' },
  { name: 'INT32', bytes: 4, onnx: 'INT32' },
  { name: 'UINT8', bytes: 1, onnx: 'UINT8' },
  { name: 'INT64', bytes: 8, onnx: 'INT64' },
  { name: 'STRING', bytes: 0 },
  { name: 'BOOL', bytes: 1, onnx: 'BOOL' },
  { name: 'INT16', bytes: 2 },
  { name: 'COMPLEX64', bytes: 8 },
  { name: 'INT8', bytes: 1, onnx: 'INT8' },
  { name: 'FLOAT64', bytes: 8 },
  { name: 'COMPLEX128', bytes: 16 },
  { name: 'UINT64', bytes: 8 },
  { name: 'RESOURCE', bytes: 0 },
  { name: 'VARIANT', bytes: 0 },
  { name: 'UINT32', bytes: 4 },
  { name: 'UINT16', bytes: 2 },
  { name: 'INT4', bytes: 0 },
  { name: 'BFLOAT16', bytes: 2 },
]
