import type { FlatFile } from './flat-file.ts'
import type { TfliteTensor } from './read-model.ts'

/** Integers of a constant by its type, little-endian as in the file. */
const INTEGERS: Readonly<Record<string, (view: DataView, i: number) => number>> = {
  INT8: (view, i) => view.getInt8(i),
  UINT8: (view, i) => view.getUint8(i),
  INT16: (view, i) => view.getInt16(i * 2, true),
  INT32: (view, i) => view.getInt32(i * 4, true),
  INT64: (view, i) => Number(view.getBigInt64(i * 8, true)),
}

/** Whether the tensor's integers stand for fractions. */
export function isQuantised({ quantization, type }: TfliteTensor): boolean {
  return type.name in INTEGERS && (quantization?.float32s('scale').length ?? 0) > 0
}

/** A constant's values as floats: half precision widened, quantised integers times their scale. */
export function constantFloats(
  file: FlatFile,
  tensor: TfliteTensor,
  data: Uint8Array,
): Float32Array {
  const { name, type } = tensor
  file.spend(data.byteLength, `the constant '${name}'`)
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const length = data.byteLength / type.bytes
  if (type.name === 'FLOAT32') {
    return Float32Array.from({ length }, (_, i) => view.getFloat32(i * 4, true))
  }
  if (type.name === 'FLOAT16') {
    return Float32Array.from({ length }, (_, i) => halfToFloat(view.getUint16(i * 2, true)))
  }
  const integer = INTEGERS[type.name]
  if (!integer || !isQuantised(tensor)) {
    throw file.error(`has the constant '${name}' of ${type.name} where floats are needed`)
  }
  const step = readSteps(file, tensor)
  return Float32Array.from({ length }, (_, i) => step(i, integer(view, i)))
}

/** A constant's values as whole numbers. */
export function constantIntegers(
  file: FlatFile,
  { name, type }: TfliteTensor,
  data: Uint8Array,
): number[] {
  file.spend(data.byteLength, `the constant '${name}'`)
  const integer = INTEGERS[type.name]
  if (!integer) throw file.error(`has the constant '${name}' of ${type.name}, not of integers`)
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  return Array.from({ length: data.byteLength / type.bytes }, (_, i) => integer(view, i))
}

/** (integer - zero point) · scale, with one pair for all or one for each slice along an axis. */
function readSteps(
  file: FlatFile,
  { name, shape, quantization }: TfliteTensor,
): (i: number, value: number) => number {
  const scales = quantization?.float32s('scale') ?? []
  const zeroPoints = quantization?.int64s('zero_point').map(Number) ?? []
  const axis = quantization?.int32('quantized_dimension') ?? 0
  const slices = scales.length === 1 ? 1 : shape[axis]
  if (slices !== scales.length || ![0, 1, slices].includes(zeroPoints.length)) {
    throw file.error(
      `is damaged: the constant '${name}' of shape [${shape}] has ${scales.length} scales ` +
        `and ${zeroPoints.length} zero points along axis ${axis}`,
    )
  }
  const inner = shape.slice(axis + 1).reduce((product, dim) => product * dim, 1)
  return (i, value) => {
    const slice = slices === 1 ? 0 : Math.floor(i / inner) % slices
    return (value - (zeroPoints[slice] ?? zeroPoints[0] ?? 0)) * (scales[slice] ?? 0)
  }
}

/** Exponents of half precision are biased by 15, its fractions have 10 bits. */
function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN
  return exponent === 0
    ? sign * fraction * 2 ** -24
    : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
