/**
 * A runtime image: the linear memory of an ONNX Runtime with one graph's session open in it, made by the
 * build (scripts/build/image/). A Worker copies it into a fresh instance and runs, instead of registering
 * kernels, parsing the graph and packing its weights first; what does that is then cut from the runtime.
 * docs/decisions/0006 has the reasons.
 *
 *   magic (8 bytes) · bytes of the header (u32) · number of ranges (u32) · header (JSON, padded to 4)
 *   · ranges (u32 offset, u32 length) · their bytes, one after the other; little-endian
 *
 * Ranges are where memory differs from that of a runtime that was only instantiated.
 */
import { z } from 'zod'

import { MeshError } from './mesh-error.ts'

/** The custom section of a runtime that images go on in: the digest of what it was made from. */
export const RUNTIME_SECTION = 'capillary.runtime'

const MAGIC = 'CAPIMG01'
const PREFIX_BYTES = 16
const PAGE_BYTES = 65_536
/** Far more than an isolate has: what is larger is no image. */
const MAX_MEMORY_BYTES = 2 ** 30

/** What a session's runs need, as places in linear memory. */
export const SessionHandles = z.object({
  session: z.int(),
  /** Run options, and the arrays of pointers that a run is called with. */
  options: z.int(),
  inputNames: z.int(),
  inputValues: z.int(),
  outputNames: z.int(),
  outputValues: z.int(),
  /** Names as C strings, in the order of the graph. */
  inputs: z.array(z.tuple([z.string(), z.int()])),
  outputs: z.array(z.tuple([z.string(), z.int()])),
})
export type SessionHandles = z.infer<typeof SessionHandles>

export const ImageHeader = z.object({
  /** RUNTIME_SECTION of the runtime that it was taken from. */
  runtime: z.string(),
  memoryBytes: z.int().positive().max(MAX_MEMORY_BYTES).multipleOf(PAGE_BYTES),
  /** Exports that the glue calls to construct what is already in the image. */
  constructors: z.array(z.string()),
  /** The module's own variables, by the names they are exported as. */
  globals: z.record(z.string(), z.int()),
  handles: SessionHandles,
})
export type ImageHeader = z.infer<typeof ImageHeader>

export interface RuntimeImage {
  header: ImageHeader
  ranges: Uint32Array
  data: Uint8Array
}

/** Whether these bytes are an image; a graph is opened as it is. */
export function isRuntimeImage(bytes: Uint8Array): boolean {
  return new TextDecoder('latin1').decode(bytes.subarray(0, MAGIC.length)) === MAGIC
}

/** Throws `model_unavailable` when the bytes are cut off or no image. */
export function parseRuntimeImage(bytes: Uint8Array): RuntimeImage {
  // a view of 32-bit numbers must begin at a multiple of four
  const whole = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength)
  if (!isRuntimeImage(whole) || whole.byteLength < PREFIX_BYTES) throw damaged()
  const [headerBytes, rangeCount] = [view.getUint32(8, true), view.getUint32(12, true)]
  const rangesAt = PREFIX_BYTES + headerBytes
  const dataAt = rangesAt + rangeCount * 8
  if (dataAt > whole.byteLength || headerBytes % 4 !== 0) throw damaged()
  const text = new TextDecoder().decode(whole.subarray(PREFIX_BYTES, rangesAt))
  const header = parseHeader(text)
  const ranges = new Uint32Array(whole.buffer, whole.byteOffset + rangesAt, rangeCount * 2)
  const data = whole.subarray(dataAt)
  let needed = 0
  for (let i = 0; i < ranges.length; i += 2) {
    const [offset = 0, length = 0] = [ranges[i], ranges[i + 1]]
    if (offset + length > header.memoryBytes) throw damaged()
    needed += length
  }
  if (needed !== data.byteLength) throw damaged()
  return { header, ranges, data }
}

export function serializeRuntimeImage({ header, ranges, data }: RuntimeImage): Uint8Array {
  // spaces after JSON are JSON
  const text = new TextEncoder().encode(JSON.stringify(header))
  const json = new Uint8Array(Math.ceil(text.byteLength / 4) * 4).fill(' '.charCodeAt(0))
  json.set(text)
  const bytes = new Uint8Array(PREFIX_BYTES + json.byteLength + ranges.byteLength + data.byteLength)
  const view = new DataView(bytes.buffer)
  bytes.set(new TextEncoder().encode(MAGIC))
  view.setUint32(8, json.byteLength, true)
  view.setUint32(12, ranges.length / 2, true)
  bytes.set(json, PREFIX_BYTES)
  ranges.forEach((value, i) => view.setUint32(PREFIX_BYTES + json.byteLength + i * 4, value, true))
  bytes.set(data, bytes.byteLength - data.byteLength)
  return bytes
}

/** Throws `model_unavailable` when the image was taken from another runtime than this one. */
export function requireImageOf({ header }: RuntimeImage, wasm: WebAssembly.Module): void {
  const [section] = WebAssembly.Module.customSections(wasm, RUNTIME_SECTION)
  if (section && new TextDecoder().decode(section) === header.runtime) return
  throw new MeshError('model_unavailable', 'the runtime image of the model is of another runtime', {
    detail: 'build the model again: its artefacts are of different builds',
  })
}

/** Puts the image into a fresh instance's memory, which has its size, and sets the instance's variables. */
export function restoreRuntimeImage(
  { header, ranges, data }: RuntimeImage,
  memory: WebAssembly.Memory,
  exports: Readonly<Record<string, unknown>>,
): void {
  const target = new Uint8Array(memory.buffer)
  let from = 0
  for (let i = 0; i < ranges.length; i += 2) {
    const [offset = 0, length = 0] = [ranges[i], ranges[i + 1]]
    target.set(data.subarray(from, from + length), offset)
    from += length
  }
  for (const [name, value] of Object.entries(header.globals)) {
    const variable = exports[name]
    if (!(variable instanceof WebAssembly.Global)) throw damaged()
    variable.value = value
  }
}

function parseHeader(text: string): ImageHeader {
  try {
    return ImageHeader.parse(JSON.parse(text))
  } catch (err) {
    if (err instanceof SyntaxError || err instanceof z.ZodError) throw damaged()
    throw err
  }
}

function damaged(): MeshError {
  return new MeshError('model_unavailable', 'the runtime image of the model is damaged', {
    detail: 'build the model again: its artefacts are not what the build wrote',
  })
}
