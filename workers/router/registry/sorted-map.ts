/** A chunk is split beyond this: a change copies one chunk and the list of chunks, a look-up halves both. */
const MAX_CHUNK = 512

interface Chunk<V> {
  keys: readonly string[]
  values: readonly V[]
}

/**
 * A map that is never changed, in the order of its keys: another one with some entries changed shares all chunks
 * that none of them is in. A change of k entries costs k chunks, whatever the size; the order doesn't tell how
 * the map came to be.
 */
export class SortedMap<V> implements ReadonlyMap<string, V> {
  readonly size: number
  readonly #chunks: readonly Chunk<V>[]

  private constructor(chunks: readonly Chunk<V>[]) {
    this.#chunks = chunks
    this.size = chunks.reduce((sum, { keys }) => sum + keys.length, 0)
  }

  static empty<V>(): SortedMap<V> {
    return new SortedMap<V>([])
  }

  get(key: string): V | undefined {
    const chunk = this.#chunks[this.#chunkOf(key)]
    if (!chunk) return undefined
    const i = firstFrom(chunk.keys, key)
    return chunk.keys[i] === key ? chunk.values[i] : undefined
  }

  has(key: string): boolean {
    const chunk = this.#chunks[this.#chunkOf(key)]
    return chunk !== undefined && chunk.keys[firstFrom(chunk.keys, key)] === key
  }

  /** This map with the entries of `changes`; those that are undefined are taken out. */
  with(changes: ReadonlyMap<string, V | undefined>): SortedMap<V> {
    if (changes.size === 0) return this
    const sorted = Array.from(changes).toSorted(([a], [b]) => (a < b ? -1 : 1))
    const byChunk = Map.groupBy(sorted, ([key]) => this.#chunkOf(key))
    const chunks: Chunk<V>[] = []
    let copied = 0
    for (const [i, own] of byChunk) {
      push(chunks, this.#chunks.slice(copied, i))
      push(chunks, split(merge(this.#chunks[i] ?? { keys: [], values: [] }, own)))
      copied = i + 1
    }
    push(chunks, this.#chunks.slice(copied))
    return new SortedMap(chunks)
  }

  *entries(): MapIterator<[string, V]> {
    for (const { keys, values } of this.#chunks) {
      // as: a chunk has a value for each key
      for (const [i, key] of keys.entries()) yield [key, values[i] as V]
    }
  }

  *keys(): MapIterator<string> {
    for (const { keys } of this.#chunks) yield* keys
  }

  *values(): MapIterator<V> {
    for (const { values } of this.#chunks) yield* values
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries()
  }

  forEach(visit: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this) visit(value, key, this)
  }

  /** Which chunk has the key, or would have it: the last that begins at or before it. */
  #chunkOf(key: string): number {
    let low = 0
    let high = this.#chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#chunks[middle]?.keys[0] ?? '') <= key) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** Where the key is, or would be. */
function firstFrom(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((keys[middle] ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
}

/** @param changes sorted by key */
function merge<V>(
  { keys, values }: Chunk<V>,
  changes: readonly (readonly [string, V | undefined])[],
): Chunk<V> {
  const merged = { keys: [] as string[], values: [] as V[] }
  let copied = 0
  for (const [key, value] of changes) {
    const at = firstFrom(keys, key)
    push(merged.keys, keys.slice(copied, at))
    push(merged.values, values.slice(copied, at))
    copied = keys[at] === key ? at + 1 : at
    if (value === undefined) continue
    merged.keys.push(key)
    merged.values.push(value)
  }
  push(merged.keys, keys.slice(copied))
  push(merged.values, values.slice(copied))
  return merged
}

/** None of an empty one, else halves as long as they are too large. */
function split<V>({ keys, values }: Chunk<V>): Chunk<V>[] {
  const count = Math.ceil(keys.length / MAX_CHUNK)
  const size = Math.ceil(keys.length / count)
  return Array.from({ length: count }, (_, i) => ({
    keys: keys.slice(i * size, (i + 1) * size),
    values: values.slice(i * size, (i + 1) * size),
  }))
}

/** `push(...more)` would put all of them on the stack. */
function push<T>(list: T[], more: readonly T[]): void {
  for (const one of more) list.push(one)
}
