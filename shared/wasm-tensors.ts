import { check, OrtError, POINTER_BYTES, requireHandle, type OrtModule } from './ort-module.ts'
import { DATATYPES, elementCount, type Datatype, type Tensor } from './tensor.ts'

/** ONNX's TensorProto.DataType numbers. */
const ONNX_TYPE: Record<Datatype, number> = {
  FP32: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  BOOL: 9,
  FP64: 11,
  UINT32: 12,
  UINT64: 13,
}
const DATATYPE_OF = new Map(
  // as: Object.entries forgets that the keys of the record are exactly Datatype
  (Object.entries(ONNX_TYPE) as [Datatype, number][]).map(([name, type]) => [type, name]),
)
const LOCATION_CPU = 1
const FAIL = 1 // OrtErrorCode
const INVALID_ARGUMENT = 2

/**
 * One input's place in the instance's memory. It is kept from run to run, with the runtime's tensor
 * over it while the shape stays the same, so that a run costs one copy of the values and no allocation.
 */
export class InputSlot {
  readonly #ort: OrtModule
  #buffer = 0
  #capacity = 0
  #handle = 0
  #form = ''

  constructor(ort: OrtModule) {
    this.#ort = ort
  }

  /** Writes the values and returns the runtime's tensor over them; the slot keeps both. */
  put({ datatype, shape, data }: Tensor): number {
    const ort = this.#ort
    const form = `${datatype}[${shape}]`
    // the runtime's tensor is over what the slot holds: too few values would leave those of the last run
    if (data.length !== elementCount(shape) || !(data instanceof DATATYPES[datatype])) {
      throw new OrtError(INVALID_ARGUMENT, `${form} takes another array than one of ${data.length}`)
    }
    if (data.byteLength > this.#capacity || this.#buffer === 0) {
      this.#dropTensor()
      if (this.#buffer !== 0) ort._free(this.#buffer)
      this.#capacity = 0
      this.#buffer = ort._malloc(Math.max(data.byteLength, 1))
      if (this.#buffer === 0) throw new OrtError(FAIL, `no memory for ${data.byteLength} bytes`)
      this.#capacity = data.byteLength
    }
    ort.HEAPU8.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), this.#buffer)
    if (form !== this.#form) {
      this.#dropTensor()
      this.#handle = this.#createTensor(datatype, shape, data.byteLength)
      this.#form = form
    }
    return this.#handle
  }

  #createTensor(datatype: Datatype, shape: readonly number[], bytes: number): number {
    const ort = this.#ort
    const stack = ort.stackSave()
    try {
      const dims = ort.stackAlloc(shape.length * POINTER_BYTES)
      shape.forEach((dim, i) => ort.setValue(dims + i * POINTER_BYTES, dim, 'i32'))
      const type = ONNX_TYPE[datatype]
      return requireHandle(
        ort,
        ort._OrtCreateTensor(type, this.#buffer, bytes, dims, shape.length, LOCATION_CPU),
      )
    } finally {
      ort.stackRestore(stack)
    }
  }

  #dropTensor(): void {
    if (this.#handle !== 0) this.#ort._OrtReleaseTensor(this.#handle)
    this.#handle = 0
    this.#form = ''
  }
}

/** Copies an output out of the instance; the caller releases its handle. */
export function readTensor(ort: OrtModule, handle: number): Tensor {
  const stack = ort.stackSave()
  try {
    const out = ort.stackAlloc(4 * POINTER_BYTES)
    const [type, data, dims, rank] = [0, 1, 2, 3].map((i) => out + i * POINTER_BYTES) as [
      number,
      number,
      number,
      number,
    ] // as: map keeps the length
    check(ort, ort._OrtGetTensorData(handle, type, data, dims, rank))
    const datatype = DATATYPE_OF.get(ort.getValue(type, 'i32'))
    if (!datatype)
      throw new OrtError(FAIL, `an output has the unsupported type ${ort.getValue(type, 'i32')}`)

    const dimsAt = ort.getValue(dims, '*')
    const shape = Array.from({ length: ort.getValue(rank, 'i32') }, (_, i) =>
      ort.getValue(dimsAt + i * POINTER_BYTES, 'i32'),
    )
    ort._OrtFree(dimsAt)
    const values = new DATATYPES[datatype](elementCount(shape))
    const from = ort.getValue(data, '*')
    new Uint8Array(values.buffer).set(ort.HEAPU8.subarray(from, from + values.byteLength))
    return { datatype, shape, data: values }
  } finally {
    ort.stackRestore(stack)
  }
}
