import type { FlatFile } from './flat-file.ts'

/** Bytes of what stands before a vector's elements, and of an offset. */
const WORD_BYTES = 4
/** A vtable begins with its own size and the table's; then two bytes a field. */
const VTABLE_HEADER_BYTES = 4

/**
 * One table of a FlatBuffers file, by the names of its fields in the order of the schema. Fields that
 * are absent have their default. Every read is checked against the file; messages call a field by its
 * path from the root.
 */
export class FlatTable<Field extends string> {
  readonly #file: FlatFile
  readonly #fields: readonly Field[]
  readonly #path: string
  readonly #at: number
  readonly #vtable: number
  readonly #vtableBytes: number

  constructor(file: FlatFile, at: number, fields: readonly Field[], path: string) {
    this.#file = file
    this.#fields = fields
    this.#path = path
    this.#at = at
    this.#vtable = at - file.int32(at, path)
    this.#vtableBytes = file.uint16(this.#vtable, `the table of fields of ${path}`)
    file.require(this.#vtable, this.#vtableBytes, `the table of fields of ${path}`)
  }

  has(field: Field): boolean {
    return this.#find(field) !== undefined
  }

  int8(field: Field): number {
    const at = this.#find(field)
    return at === undefined ? 0 : this.#file.int8(at, this.#name(field))
  }

  bool(field: Field): boolean {
    return this.int8(field) !== 0
  }

  int32(field: Field, absent = 0): number {
    const at = this.#find(field)
    return at === undefined ? absent : this.#file.int32(at, this.#name(field))
  }

  uint32(field: Field): number {
    const at = this.#find(field)
    return at === undefined ? 0 : this.#file.uint32(at, this.#name(field))
  }

  float32(field: Field): number {
    const at = this.#find(field)
    return at === undefined ? 0 : this.#file.float32(at, this.#name(field))
  }

  text(field: Field): string {
    const { start, length, name } = this.#vector(field, 1)
    return this.#file.text(start, length, name)
  }

  /** A view of the bytes; undefined when the field is absent. */
  bytes(field: Field): Uint8Array | undefined {
    if (!this.has(field)) return undefined
    const { start, length, name } = this.#vector(field, 1)
    return this.#file.bytes(start, length, name)
  }

  int32s(field: Field): number[] {
    return this.#elements(field, 4, (at, name) => this.#file.int32(at, name))
  }

  float32s(field: Field): number[] {
    return this.#elements(field, 4, (at, name) => this.#file.float32(at, name))
  }

  int64s(field: Field): bigint[] {
    return this.#elements(field, 8, (at, name) => this.#file.int64(at, name))
  }

  table<Inner extends string>(
    field: Field,
    fields: readonly Inner[],
  ): FlatTable<Inner> | undefined {
    const at = this.#find(field)
    if (at === undefined) return undefined
    const name = this.#name(field)
    return new FlatTable(this.#file, at + this.#file.uint32(at, name), fields, name)
  }

  tables<Inner extends string>(field: Field, fields: readonly Inner[]): FlatTable<Inner>[] {
    const tables: FlatTable<Inner>[] = []
    this.#elements(field, WORD_BYTES, (at, name) => {
      const path = `${name}[${tables.length}]`
      tables.push(new FlatTable(this.#file, at + this.#file.uint32(at, path), fields, path))
    })
    return tables
  }

  #elements<T>(field: Field, bytes: number, read: (at: number, name: string) => T): T[] {
    const { start, length, name } = this.#vector(field, bytes)
    this.#file.spend(length * bytes, name)
    return Array.from({ length }, (_, i) => read(start + i * bytes, name))
  }

  /** Where a vector's elements are, inside of the file; an absent one is empty. */
  #vector(field: Field, elementBytes: number): { start: number; length: number; name: string } {
    const name = this.#name(field)
    const at = this.#find(field)
    if (at === undefined) return { start: 0, length: 0, name }
    const vector = at + this.#file.uint32(at, name)
    const length = this.#file.uint32(vector, name)
    const start = vector + WORD_BYTES
    this.#file.require(start, length * elementBytes, name)
    return { start, length, name }
  }

  /** Where a field's value is; undefined when the table hasn't got it. */
  #find(field: Field): number | undefined {
    const slot = VTABLE_HEADER_BYTES + 2 * this.#fields.indexOf(field)
    if (slot + 2 > this.#vtableBytes) return undefined
    const offset = this.#file.uint16(this.#vtable + slot, this.#name(field))
    return offset === 0 ? undefined : this.#at + offset
  }

  #name(field: Field): string {
    return `${this.#path}.${field}`
  }
}
