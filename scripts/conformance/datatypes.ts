/** Bytes of an element as the binary tensor extension has it; BYTES is of any length. */
export const ELEMENT_BYTES: Readonly<Record<string, number>> = {
  BOOL: 1,
  UINT8: 1,
  INT8: 1,
  UINT16: 2,
  INT16: 2,
  UINT32: 4,
  INT32: 4,
  UINT64: 8,
  INT64: 8,
  FP16: 2,
  BF16: 2,
  FP32: 4,
  FP64: 8,
}

/** 1 as FP16 and as BF16. */
const ONE_IN_16_BITS: Readonly<Record<string, number>> = { FP16: 0x3c00, BF16: 0x3f80 }

export const isDatatype = (name: string): boolean =>
  name === 'BYTES' || Object.hasOwn(ELEMENT_BYTES, name)

/** Whether JSON can carry its elements: 16-bit floats have no form there. */
export const fitsJson = (datatype: string): boolean => !Object.hasOwn(ONE_IN_16_BITS, datatype)

/** Of a datatype that isn't known, one byte. */
function sizeOf(datatype: string): number {
  return Object.hasOwn(ELEMENT_BYTES, datatype) ? (ELEMENT_BYTES[datatype] ?? 1) : 1
}

/** `count` ones, or words, as bytes. */
export function onesAsBytes(datatype: string, count: number): Uint8Array<ArrayBuffer> {
  if (datatype === 'BYTES') return repeat(bytesElement('one'), count)
  const size = sizeOf(datatype)
  const element = new Uint8Array(size)
  const view = new DataView(element.buffer)
  if (datatype === 'FP32') view.setFloat32(0, 1, true)
  else if (datatype === 'FP64') view.setFloat64(0, 1, true)
  else if (Object.hasOwn(ONE_IN_16_BITS, datatype))
    view.setUint16(0, ONE_IN_16_BITS[datatype] ?? 0, true)
  else element[0] = 1
  return repeat(element, count)
}

/** `count` ones, or words, as JSON has them. */
export function onesAsJson(datatype: string, count: number): unknown[] {
  const one = datatype === 'BYTES' ? 'one' : datatype === 'BOOL' ? true : 1
  return Array.from({ length: count }, () => one)
}

/** The elements of a binary tensor, as numbers, texts or truth values. */
export function valuesOf(datatype: string, bytes: Uint8Array): unknown[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (datatype === 'BYTES') return textsOf(view)
  const size = sizeOf(datatype)
  return Array.from({ length: Math.floor(bytes.byteLength / size) }, (_, i) =>
    valueAt(view, datatype, i * size),
  )
}

function valueAt(view: DataView, datatype: string, at: number): unknown {
  switch (datatype) {
    case 'BOOL':
      return view.getUint8(at) !== 0
    case 'UINT8':
      return view.getUint8(at)
    case 'INT8':
      return view.getInt8(at)
    case 'INT16':
      return view.getInt16(at, true)
    case 'UINT32':
      return view.getUint32(at, true)
    case 'INT32':
      return view.getInt32(at, true)
    case 'UINT64':
      return Number(view.getBigUint64(at, true))
    case 'INT64':
      return Number(view.getBigInt64(at, true))
    case 'FP32':
      return view.getFloat32(at, true)
    case 'FP64':
      return view.getFloat64(at, true)
    default:
      return view.getUint16(at, true)
  }
}

function textsOf(view: DataView): string[] {
  const texts: string[] = []
  for (let at = 0; at + 4 <= view.byteLength;) {
    const length = view.getUint32(at, true)
    const end = Math.min(at + 4 + length, view.byteLength)
    const bytes = new Uint8Array(view.buffer, view.byteOffset + at + 4, end - at - 4)
    texts.push(new TextDecoder().decode(bytes))
    at = end
  }
  return texts
}

function bytesElement(text: string): Uint8Array<ArrayBuffer> {
  const utf8 = new TextEncoder().encode(text)
  const element = new Uint8Array(4 + utf8.byteLength)
  new DataView(element.buffer).setUint32(0, utf8.byteLength, true)
  element.set(utf8, 4)
  return element
}

function repeat(element: Uint8Array, count: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(element.byteLength * count)
  for (let i = 0; i < count; i++) all.set(element, i * element.byteLength)
  return all
}
