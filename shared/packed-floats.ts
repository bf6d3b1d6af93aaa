/**
 * Files of numbers in half the bytes: wherever many FP32 numbers in a row are such that float16 holds
 * them exactly, they are stored as float16. What is unpacked is bit for bit what was packed, whatever
 * it is: a graph, or the memory of a runtime with its weights in it. Here rather than as FLOAT16 weights
 * in the graph, which a runtime that doesn't optimise at load casts again in every run.
 *
 *   magic (8 bytes) · length when unpacked (u32) · number of runs (u32) · runs (u32 offset, u32 count)
 *   · the bytes, each run as float16; little-endian
 */
import { MeshError } from './mesh-error.ts'

const MAGIC = 'CAPF16_1'
const PREFIX_BYTES = 16
const RUN_BYTES = 8
/** Shorter runs save less than they cost to look up; a row of zeros is one as well. */
const MIN_RUN = 64
/** More than an isolate and its native fall-back are ever given: a length beyond it is damage. */
const MAX_UNPACKED_BYTES = 2 ** 30

/** Numbers in a row that float16 holds: where they begin, in bytes of the unpacked file, and how many. */
interface Run {
  offset: number
  count: number
}

export function packFloats(bytes: Uint8Array): Uint8Array {
  const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const runs = findRuns(source)
  const saved = runs.reduce((sum, { count }) => sum + 2 * count, 0)
  const dataAt = PREFIX_BYTES + RUN_BYTES * runs.length
  const packed = new Uint8Array(dataAt + bytes.byteLength - saved)
  const target = new DataView(packed.buffer)
  packed.set(new TextEncoder().encode(MAGIC))
  target.setUint32(8, bytes.byteLength, true)
  target.setUint32(12, runs.length, true)

  let [from, to] = [0, dataAt]
  for (const [i, { offset, count }] of runs.entries()) {
    target.setUint32(PREFIX_BYTES + RUN_BYTES * i, offset, true)
    target.setUint32(PREFIX_BYTES + RUN_BYTES * i + 4, count, true)
    packed.set(bytes.subarray(from, offset), to)
    to += offset - from
    for (let k = 0; k < count; k++) {
      target.setUint16(to, narrow(source.getUint32(offset + 4 * k, true)), true)
      to += 2
    }
    from = offset + 4 * count
  }
  packed.set(bytes.subarray(from), to)
  return packed
}

/** Bytes that aren't packed are handed back. Throws `model_unavailable` when they are and damaged. */
export function unpackFloats(bytes: Uint8Array): Uint8Array {
  if (new TextDecoder('latin1').decode(bytes.subarray(0, MAGIC.length)) !== MAGIC) return bytes
  if (bytes.byteLength < PREFIX_BYTES) throw damaged()
  const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = source.getUint32(8, true)
  const dataAt = PREFIX_BYTES + RUN_BYTES * source.getUint32(12, true)
  if (length > MAX_UNPACKED_BYTES || dataAt > bytes.byteLength) throw damaged()
  const runs = readRuns(source, dataAt, length)
  const saved = runs.reduce((sum, { count }) => sum + 2 * count, 0)
  if (dataAt + length - saved !== bytes.byteLength) throw damaged()

  const unpacked = new Uint8Array(length)
  const target = new DataView(unpacked.buffer)
  let [from, to] = [dataAt, 0]
  for (const { offset, count } of runs) {
    unpacked.set(bytes.subarray(from, from + offset - to), to)
    from += offset - to
    for (let k = 0; k < count; k++) {
      target.setUint32(offset + 4 * k, widen(source.getUint16(from, true)), true)
      from += 2
    }
    to = offset + 4 * count
  }
  unpacked.set(bytes.subarray(from), to)
  return unpacked
}

/** At whatever byte they begin: weights lie anywhere in a file. */
function findRuns(view: DataView): Run[] {
  const runs: Run[] = []
  const last = view.byteLength - 4
  for (let offset = 0; offset <= last; offset++) {
    let end = offset
    while (end <= last && isNarrow(view.getUint32(end, true))) end += 4
    const count = (end - offset) / 4
    if (count < MIN_RUN) continue
    runs.push({ offset, count })
    offset = end - 1
  }
  return runs
}

/** In order, apart from each other and inside the file, or it is damaged. */
function readRuns(view: DataView, dataAt: number, length: number): Run[] {
  const runs: Run[] = []
  let free = 0
  for (let at = PREFIX_BYTES; at < dataAt; at += RUN_BYTES) {
    const run = { offset: view.getUint32(at, true), count: view.getUint32(at + 4, true) }
    if (run.offset < free || run.offset + 4 * run.count > length) throw damaged()
    free = run.offset + 4 * run.count
    runs.push(run)
  }
  return runs
}

/** Exponents as FP32 stores them: float16's normal numbers, and its subnormal ones below. */
const MIN_NORMAL = 113
const MAX_NORMAL = 142
const MIN_SUBNORMAL = 103
/** By how many bits FP32's fraction is longer. */
const EXTRA_BITS = 13
/** What FP32's exponents are more than float16's. */
const EXTRA_BIAS = 112

/** Whether the bits of a finite FP32 number say one that float16 holds. */
function isNarrow(bits: number): boolean {
  const exponent = (bits >>> 23) & 0xff
  if (exponent >= MIN_NORMAL && exponent <= MAX_NORMAL)
    return (bits & ((1 << EXTRA_BITS) - 1)) === 0
  if (exponent === 0) return bits << 1 === 0
  if (exponent < MIN_SUBNORMAL || exponent > MAX_NORMAL) return false
  // each step down in size leaves one bit less
  return (bits & ((1 << (EXTRA_BITS + MIN_NORMAL - exponent)) - 1)) === 0
}

function narrow(bits: number): number {
  const sign = (bits >>> 16) & 0x8000
  const exponent = (bits >>> 23) & 0xff
  const fraction = bits & 0x7fffff
  if (exponent === 0) return sign
  if (exponent >= MIN_NORMAL)
    return sign | ((exponent - EXTRA_BIAS) << 10) | (fraction >>> EXTRA_BITS)
  return sign | ((fraction | 0x800000) >>> (EXTRA_BITS + MIN_NORMAL - exponent))
}

function widen(bits: number): number {
  const sign = (bits & 0x8000) << 16
  const exponent = (bits >>> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent !== 0) return sign | ((exponent + EXTRA_BIAS) << 23) | (fraction << EXTRA_BITS)
  if (fraction === 0) return sign
  // the leading one of a subnormal number becomes the hidden one
  const shift = Math.clz32(fraction) - 21
  return sign | ((MIN_NORMAL - shift) << 23) | (((fraction << shift) & 0x3ff) << EXTRA_BITS)
}

function damaged(): MeshError {
  return new MeshError('model_unavailable', "the model's packed weights are damaged", {
    detail: 'build the model again: its artefacts are not what the build wrote',
  })
}
