import type { ElementType } from '#scripts/onnx-graph.ts'
import { elementCount } from '#shared/tensor.ts'

import { BuildError } from '../build-error.ts'
import type { ForeignModel } from './converter.ts'
import type { WeightsManifest, WeightSpec } from './tfjs-model-json.ts'

/** A weight as ONNX stores it. */
export interface Weight {
  type: Extract<ElementType, 'FP32' | 'INT32' | 'BOOL'>
  shape: readonly number[]
  data: Float32Array | Int32Array | Uint8Array
}

/** The weights of a model by name. */
export interface TfjsWeights {
  numbers: ReadonlyMap<string, Weight>
  texts: ReadonlyMap<string, readonly string[]>
}

/** Bytes of the length before each text. */
const LENGTH_BYTES = 4

/** Elements as they lie in the shards. */
const STORED = {
  float32: Float32Array,
  int32: Int32Array,
  bool: Uint8Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  float16: Uint16Array,
} as const

/**
 * The weights of a tfjs model, dequantised. Complex numbers are passed over: ONNX has none. Throws
 * BuildError that names the shard or the weight that doesn't fit.
 */
export function readTfjsWeights(
  { who, files }: Pick<ForeignModel, 'who' | 'files'>,
  manifest: WeightsManifest,
): TfjsWeights {
  const numbers = new Map<string, Weight>()
  const texts = new Map<string, readonly string[]>()
  for (const { paths, weights: specs } of manifest) {
    const bytes = joinShards(paths, files, who)
    let at = 0
    for (const spec of specs) {
      if (numbers.has(spec.name) || texts.has(spec.name)) {
        throw new BuildError(`${who} has two weights '${spec.name}'`)
      }
      const size = sizeOf(spec, bytes.subarray(at), `${who} weight '${spec.name}'`, paths)
      const own = bytes.subarray(at, at + size)
      if (spec.dtype === 'string') texts.set(spec.name, readTexts(own))
      const weight = decode(spec, own)
      if (weight) numbers.set(spec.name, weight)
      at += size
    }
    if (at !== bytes.length) {
      throw new BuildError(
        `${who} ${paths.join(', ')} has ${bytes.length} bytes; the weights that model.json lists take ${at}`,
      )
    }
  }
  return { numbers, texts }
}

function joinShards(paths: readonly string[], files: ForeignModel['files'], who: string): Buffer {
  return Buffer.concat(
    paths.map((path) => {
      // a model.json may name anything, such as a part of every object
      const file = Object.hasOwn(files, path) ? files[path] : undefined
      if (file) return file
      throw new BuildError(
        `${who} model.json keeps weights in '${path}', which the manifest doesn't name; ` +
          `it names ${Object.keys(files).join(', ')}`,
      )
    }),
  )
}

/** Bytes that a weight takes, which are there. */
function sizeOf(spec: WeightSpec, rest: Buffer, what: string, paths: readonly string[]): number {
  const count = elementCount(spec.shape)
  const size = spec.dtype === 'string' ? stringsSize(count, rest) : count * storedBytes(spec)
  if (size <= rest.length) return size
  throw new BuildError(
    `${what} of shape [${spec.shape}] takes ${size} bytes; ${paths.join(', ')} has ${rest.length} left. Is it whole?`,
  )
}

function storedBytes({ dtype, quantization }: WeightSpec): number {
  if (dtype === 'complex64') return 8
  return STORED[quantization?.dtype ?? (dtype === 'string' ? 'uint8' : dtype)].BYTES_PER_ELEMENT
}

/** Each has its length before it. Infinity where they end too early. */
function stringsSize(count: number, bytes: Buffer): number {
  let at = 0
  for (let i = 0; i < count; i++) {
    if (at + LENGTH_BYTES > bytes.length) return Infinity
    at += LENGTH_BYTES + bytes.readUInt32LE(at)
  }
  return at
}

/** The texts that `bytes` hold, which end where the last does. */
function readTexts(bytes: Buffer): string[] {
  const texts: string[] = []
  for (let at = 0; at < bytes.length;) {
    const from = at + LENGTH_BYTES
    at = from + bytes.readUInt32LE(at)
    texts.push(bytes.toString('utf8', from, at))
  }
  return texts
}

function decode({ dtype, shape, quantization }: WeightSpec, bytes: Buffer): Weight | undefined {
  if (dtype === 'string' || dtype === 'complex64') return undefined
  const Stored = STORED[quantization?.dtype ?? dtype]
  const copy = Uint8Array.from(bytes).buffer // aligned, whatever came before
  const stored = new Stored(copy)
  if (dtype === 'bool') return { type: 'BOOL', shape, data: new Uint8Array(copy) }
  if (!quantization) {
    return dtype === 'float32'
      ? { type: 'FP32', shape, data: Float32Array.from(stored) }
      : { type: 'INT32', shape, data: Int32Array.from(stored) }
  }
  if (quantization.dtype === 'float16') {
    return { type: 'FP32', shape, data: Float32Array.from(new Float16Array(copy)) }
  }
  const { scale, min } = quantization
  return dtype === 'float32'
    ? { type: 'FP32', shape, data: Float32Array.from(stored, (value) => value * scale + min) }
    : {
        type: 'INT32',
        shape,
        data: Int32Array.from(stored, (value) => Math.round(value * scale + min)),
      }
}
