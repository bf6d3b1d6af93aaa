import type { AllocatorHooks } from './hook-allocator.ts'

/** Transient blocks lie in this part of memory, far above what a session keeps. */
export const SCRATCH_BYTES = { from: 2 ** 30, to: 3 * 2 ** 30 } as const
/** As the runtime asks for at most. */
const ALIGNMENT = 64
/** dlmalloc's word before a block holds its size; with both low bits clear it leaves the block alone. */
const SIZE_BYTES = 4
const SIZE_UNIT = 8

/** How far into its block an aligned allocation begins at most: the smallest block of dlmalloc goes before it. */
const MAX_LEAD_BYTES = ALIGNMENT + 16

interface Allocation {
  bytes: number
  /** Whether it was given back before the session was open. */
  transient: boolean
}

interface Block {
  pointer: number
  index: number
}

/** Takes note of what is allocated while a session is opened, and of what of it is given back. */
export class AllocationLog implements AllocatorHooks {
  readonly allocations: Allocation[] = []
  readonly #live = new Map<number, Block>()
  /** Of these the allocator has taken back what lay before the place that it handed out. */
  readonly #trimmed = new Set<Block>()

  place(): number {
    return 0
  }

  placed(pointer: number, bytes: number): void {
    const trimmed = this.#live.get(pointer)
    if (trimmed) this.#trimmed.add(trimmed)
    this.#live.set(pointer, { pointer, index: this.allocations.length })
    this.allocations.push({ bytes, transient: false })
  }

  release(pointer: number): number {
    const block = this.#live.get(pointer) ?? this.#blockAround(pointer)
    const allocation = block && this.allocations[block.index]
    if (allocation) {
      allocation.transient = true
      if (!this.#trimmed.delete(block)) this.#live.delete(block.pointer)
    }
    return 0
  }

  /**
   * An aligned allocation hands out a place a little way into the block that it was given; what lies before
   * it, or behind, may since have become blocks of their own.
   */
  #blockAround(pointer: number): Block | undefined {
    const holds = (block: Block) =>
      pointer < block.pointer + (this.allocations[block.index]?.bytes ?? 0)
    for (let back = SIZE_UNIT; back <= MAX_LEAD_BYTES; back += SIZE_UNIT) {
      const block = this.#live.get(pointer - back)
      if (block && holds(block)) return block
    }
    for (const block of this.#trimmed) {
      const lead = pointer - block.pointer
      if (lead > 0 && lead <= MAX_LEAD_BYTES && holds(block)) return block
    }
    return undefined
  }
}

/**
 * Opens the same session again with everything transient out of the way, so that what stays lies close
 * together: a heap in which 40 MB were used once never gets smaller, however little is left in it.
 */
export class AllocationPlan implements AllocatorHooks {
  readonly #allocations: readonly Allocation[]
  #next = 0
  #top: number = SCRATCH_BYTES.from
  #keptEnd = 0

  constructor({ allocations }: AllocationLog) {
    this.#allocations = allocations
  }

  /** Where the last block ends that stays. */
  get keptEnd(): number {
    return this.#keptEnd
  }

  place(bytes: number, memory: WebAssembly.Memory | undefined): number {
    const planned = this.#allocations[this.#next++]
    if (planned?.bytes !== bytes || !memory) {
      throw new Error('opening a session took other memory the second time')
    }
    if (!planned.transient) return 0
    const pointer = roundUp(this.#top + SIZE_BYTES, ALIGNMENT)
    this.#top = pointer + bytes
    if (this.#top > SCRATCH_BYTES.to) throw new Error('opening a session takes over 2 GiB')
    const size = roundUp(bytes + SIZE_UNIT, SIZE_UNIT)
    new DataView(memory.buffer).setUint32(pointer - SIZE_BYTES, size, true)
    return pointer
  }

  placed(pointer: number, bytes: number): void {
    this.#keptEnd = Math.max(this.#keptEnd, pointer + bytes)
  }

  release(pointer: number): number {
    return pointer >>> 0 >= SCRATCH_BYTES.from ? 1 : 0
  }
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit
}
