import type { Datatype } from './tensor.ts'

/** What onnxruntime-common calls element types, by our names of them. */
export const ORT_TYPE = {
  BOOL: 'bool',
  UINT8: 'uint8',
  INT8: 'int8',
  UINT16: 'uint16',
  INT16: 'int16',
  UINT32: 'uint32',
  INT32: 'int32',
  UINT64: 'uint64',
  INT64: 'int64',
  FP32: 'float32',
  FP64: 'float64',
} as const satisfies Record<Datatype, string>
