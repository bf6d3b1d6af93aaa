import { Tensor as OrtTensor } from 'onnxruntime-common'

import { graphText } from './graph-text.ts'
import { MeshError } from './mesh-error.ts'
import { DATATYPES, type Datatype, type Tensor } from './tensor.ts'

/** What onnxruntime-common calls element types, by our names of them; it has none for BF16. */
const ORT_TYPE: Readonly<Partial<Record<Datatype, OrtTensor.Type>>> = {
  BOOL: 'bool',
  UINT8: 'uint8',
  INT8: 'int8',
  UINT16: 'uint16',
  INT16: 'int16',
  UINT32: 'uint32',
  INT32: 'int32',
  UINT64: 'uint64',
  INT64: 'int64',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
}
const DATATYPE_OF = new Map(
  // as: Object.entries forgets that the keys of the record are Datatype
  (Object.entries(ORT_TYPE) as [Datatype, string][]).map(([name, type]) => [type, name]),
)

/** The name ONNX Runtime's JavaScript API has for a datatype; undefined where it has none. */
export function ortType(datatype: Datatype): OrtTensor.Type | undefined {
  return ORT_TYPE[datatype]
}

/** A tensor as ONNX Runtime's JavaScript API takes it, numbers without a copy. Throws `invalid_input`. */
export function toOrt({ datatype, shape, data }: Tensor, name: string): OrtTensor {
  if (datatype === 'BYTES') return new OrtTensor('string', graphText(data, name), shape)
  const type = ORT_TYPE[datatype]
  if (!type) {
    throw new MeshError('invalid_input', `'${name}' is ${datatype}, which this node cannot run`)
  }
  const tensor = new OrtTensor(type, data, shape)
  // the API makes a Float16Array of the bits, which the native runtime then takes for nothing
  if (datatype === 'FP16') Object.defineProperty(tensor, 'data', { value: data })
  return tensor
}

/** A tensor of ONNX Runtime's JavaScript API as ours. Throws `internal` for a type that is none of ours. */
export function fromOrt({ type, dims: shape, data }: OrtTensor, name: string): Tensor {
  const datatype = DATATYPE_OF.get(type)
  if (datatype === 'BYTES' && Array.isArray(data)) {
    const utf8 = new TextEncoder()
    return { datatype, shape, data: data.map((text) => utf8.encode(text)) }
  }
  // float16 comes in the platform's own array of it: its bits are what we hold
  if (datatype === 'FP16' && ArrayBuffer.isView(data)) {
    return { datatype, shape, data: new Uint16Array(data.buffer, data.byteOffset, data.length) }
  }
  if (datatype === undefined || datatype === 'BYTES' || !(data instanceof DATATYPES[datatype])) {
    throw new MeshError('internal', `output '${name}' has the unsupported type ${type}`)
  }
  return { datatype, shape, data }
}
