import { BuildError } from '../../build-error.ts'

/** A file may refer to the same bytes from many places, but honest ones hardly do. */
const READS_PER_BYTE = 4
const LEAST_BUDGET_BYTES = 65_536

const utf8 = new TextDecoder()

/**
 * The bytes of a FlatBuffers file, read within their bounds. What is read is added up, so that a small
 * file whose tables share their vectors can't make the reader work and allocate without end.
 */
export class FlatFile {
  readonly size: number
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #name: string
  #budget: number

  /** `name` begins every message, e.g. `[person-segmenter] model.tflite`. */
  constructor(bytes: Uint8Array, name: string) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#name = name
    this.size = bytes.byteLength
    this.#budget = bytes.byteLength * READS_PER_BYTE + LEAST_BUDGET_BYTES
  }

  error(what: string): BuildError {
    return new BuildError(`${this.#name} ${what}`)
  }

  /** Throws unless `length` bytes from `at` are inside of the file; `what` lies there. */
  require(at: number, length: number, what: string): void {
    if (at >= 0 && length >= 0 && at + length <= this.size) return
    throw this.error(
      `is cut off or damaged: ${what} would be at bytes ${at} to ${at + length} of ${this.size}`,
    )
  }

  /** Counts bytes that are about to be copied or decoded. */
  spend(bytes: number, what: string): void {
    this.#budget -= bytes
    if (this.#budget < 0) {
      throw this.error(
        `is damaged: up to ${what} its parts add up to more than ${READS_PER_BYTE} times the file, because they overlap`,
      )
    }
  }

  uint16(at: number, what: string): number {
    this.require(at, 2, what)
    return this.#view.getUint16(at, true)
  }

  int8(at: number, what: string): number {
    this.require(at, 1, what)
    return this.#view.getInt8(at)
  }

  int32(at: number, what: string): number {
    this.require(at, 4, what)
    return this.#view.getInt32(at, true)
  }

  uint32(at: number, what: string): number {
    this.require(at, 4, what)
    return this.#view.getUint32(at, true)
  }

  float32(at: number, what: string): number {
    this.require(at, 4, what)
    return this.#view.getFloat32(at, true)
  }

  int64(at: number, what: string): bigint {
    this.require(at, 8, what)
    return this.#view.getBigInt64(at, true)
  }

  /** A view, no copy. */
  bytes(at: number, length: number, what: string): Uint8Array {
    this.require(at, length, what)
    return this.#bytes.subarray(at, at + length)
  }

  text(at: number, length: number, what: string): string {
    this.spend(length, what)
    return utf8.decode(this.bytes(at, length, what))
  }
}
