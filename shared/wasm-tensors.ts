import { ONNX_TYPE } from './onnx-type.ts'
import { check, OrtError, POINTER_BYTES, requireHandle, type OrtModule } from './ort-module.ts'
import { graphText } from './graph-text.ts'
import {
  DATATYPES,
  elementCount,
  numberBytes,
  type BytesTensor,
  type Datatype,
  type Tensor,
} from './tensor.ts'

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
  put(tensor: Tensor, name: string): number {
    const { datatype, shape, data } = tensor
    const form = `${datatype}[${shape}]`
    // the runtime's tensor is over what the slot holds: too few values would leave those of the last run
    if (data.length !== elementCount(shape)) {
      throw new OrtError(INVALID_ARGUMENT, `${form} takes another array than one of ${data.length}`)
    }
    if (tensor.datatype === 'BYTES') return this.#putText(tensor, name)
    if (!(data instanceof DATATYPES[tensor.datatype])) {
      throw new OrtError(INVALID_ARGUMENT, `${form} takes another array than the one given`)
    }
    this.#reserve(data.byteLength)
    this.#ort.HEAPU8.set(numberBytes(tensor.data), this.#buffer)
    if (form !== this.#form) {
      this.#dropTensor()
      this.#handle = this.#createTensor(datatype, shape, data.byteLength)
      this.#form = form
    }
    return this.#handle
  }

  /** Text is a list of pointers to strings that end with NUL; the runtime's tensor has a copy of them. */
  #putText({ shape, data }: BytesTensor, name: string): number {
    graphText(data, name)
    const ort = this.#ort
    const pointers = data.length * POINTER_BYTES
    this.#dropTensor()
    this.#reserve(data.reduce((sum, { byteLength }) => sum + byteLength + 1, pointers))
    let at = this.#buffer + pointers
    data.forEach((text, i) => {
      ort.setValue(this.#buffer + i * POINTER_BYTES, at, '*')
      ort.HEAPU8.set(text, at)
      ort.HEAPU8[at + text.byteLength] = 0
      at += text.byteLength + 1
    })
    this.#handle = this.#createTensor('BYTES', shape, pointers)
    return this.#handle
  }

  /** Makes room for so many bytes; what was in the slot is lost where it was too small. */
  #reserve(bytes: number): void {
    if (bytes <= this.#capacity && this.#buffer !== 0) return
    const ort = this.#ort
    this.#dropTensor()
    if (this.#buffer !== 0) ort._free(this.#buffer)
    this.#capacity = 0
    this.#buffer = ort._malloc(Math.max(bytes, 1))
    if (this.#buffer === 0) throw new OrtError(FAIL, `no memory for ${bytes} bytes`)
    this.#capacity = bytes
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
    const from = ort.getValue(data, '*')
    if (datatype === 'BYTES') return { datatype, shape, data: readText(ort, from, shape) }
    const values = new DATATYPES[datatype](elementCount(shape))
    new Uint8Array(values.buffer).set(ort.HEAPU8.subarray(from, from + values.byteLength))
    return { datatype, shape, data: values }
  } finally {
    ort.stackRestore(stack)
  }
}

/** The runtime hands out a copy of its text for us to free: pointers, then the strings in one row, NUL after the last. */
function readText(ort: OrtModule, from: number, shape: readonly number[]): Uint8Array[] {
  const pointers = Array.from({ length: elementCount(shape) }, (_, i) =>
    ort.getValue(from + i * POINTER_BYTES, '*'),
  )
  const last = pointers.at(-1)
  const end = last === undefined ? 0 : ort.HEAPU8.indexOf(0, last)
  const texts = pointers.map((start, i) => ort.HEAPU8.slice(start, pointers[i + 1] ?? end))
  if (from !== 0) ort._free(from)
  return texts
}
