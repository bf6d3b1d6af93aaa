import type { TensorSpec } from '../manifest.ts'
import { MeshError } from '../mesh-error.ts'
import { DATATYPES, elementCount, numberBytes, type NumberData, type Tensor } from '../tensor.ts'

/** In front of every element of BYTES: its length, unsigned and little-endian. */
const LENGTH_BYTES = 4

type ViewConstructor = new (buffer: ArrayBufferLike, offset: number, length: number) => NumberData

/**
 * Reads a tensor of the binary extension: row-major, little-endian, no padding. Its values are views of
 * `bytes` where they lie aligned, else one copy. Throws `invalid_input`; nothing is allocated that the
 * bytes themselves don't fill.
 */
export function parseBinaryTensor(
  bytes: Uint8Array,
  { datatype, shape }: Pick<TensorSpec, 'datatype' | 'shape'>,
  who: string,
): Tensor {
  const count = elementCount(shape)
  if (datatype === 'BYTES') return { datatype, shape, data: readElements(bytes, count, who) }

  const { BYTES_PER_ELEMENT: size } = DATATYPES[datatype]
  if (bytes.byteLength !== count * size) {
    throw new MeshError(
      'invalid_input',
      `${who} has ${bytes.byteLength} bytes; ${datatype}[${shape}] takes ${count * size}`,
    )
  }
  if (datatype === 'BOOL') requireBooleans(bytes, who)
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice()
  const Values: ViewConstructor = DATATYPES[datatype]
  return { datatype, shape, data: new Values(aligned.buffer, aligned.byteOffset, count) }
}

/** The tensor as the binary extension has it: numbers without a copy, elements of BYTES with one. */
export function binaryBytes({ datatype, data }: Tensor): Uint8Array {
  if (datatype !== 'BYTES') return numberBytes(data)
  const size = data.reduce((sum, element) => sum + LENGTH_BYTES + element.byteLength, 0)
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const element of data) {
    view.setUint32(at, element.byteLength, true)
    bytes.set(element, at + LENGTH_BYTES)
    at += LENGTH_BYTES + element.byteLength
  }
  return bytes
}

function readElements(bytes: Uint8Array, count: number, who: string): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const elements: Uint8Array[] = []
  let at = 0
  while (at < bytes.byteLength && elements.length < count) {
    const start = at + LENGTH_BYTES
    const length = start <= bytes.byteLength ? view.getUint32(at, true) : 0
    if (start + length > bytes.byteLength) {
      throw new MeshError(
        'invalid_input',
        `${who} element ${elements.length} ends after its ${bytes.byteLength} bytes; each is a length of ${LENGTH_BYTES} bytes, little-endian, and as many bytes`,
      )
    }
    elements.push(bytes.subarray(start, start + length))
    at = start + length
  }
  if (elements.length < count || at < bytes.byteLength) {
    throw new MeshError(
      'invalid_input',
      `${who} has ${elements.length < count ? `only ${elements.length}` : `more than ${count}`} elements; its shape needs ${count}`,
    )
  }
  return elements
}

function requireBooleans(bytes: Uint8Array, who: string): void {
  const wrong = bytes.findIndex((byte) => byte > 1)
  if (wrong === -1) return
  throw new MeshError('invalid_input', `${who} byte ${wrong} is ${bytes[wrong]}; BOOL is 0 or 1`)
}
