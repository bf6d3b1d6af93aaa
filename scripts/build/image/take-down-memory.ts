import type { RuntimeImage } from '#shared/runtime-image.ts'

const PAGE_BYTES = 65_536
const WORD_BYTES = 4
/** A range's entry takes eight bytes: a shorter stretch of equal ones is cheaper copied along. */
const MIN_GAP_WORDS = 4
/** The allocator takes memory in steps of this much, and keeps a record behind the last block. */
const HEAP_STEP_BYTES = PAGE_BYTES
/** The longest such record. */
const RECORD_BYTES = 64

/**
 * What of `memory` differs from how an instance begins: `initial`, then zeros. What a stack held is
 * nothing to go on with and left out.
 */
export function takeDownMemory(
  memory: Uint8Array,
  initial: Uint8Array,
  stack: { from: number; to: number },
): Pick<RuntimeImage, 'ranges' | 'data'> & { memoryBytes: number } {
  const now = words(memory)
  const before = words(initial)
  const found: { from: number; to: number }[] = []
  const [stackFrom, stackTo] = [stack.from / WORD_BYTES, stack.to / WORD_BYTES]
  for (let i = 0; i < now.length; i++) {
    if (i === stackFrom) i = stackTo
    if (now[i] === (before[i] ?? 0)) continue
    const last = found.at(-1)
    if (last && i - last.to < MIN_GAP_WORDS) last.to = i + 1
    else found.push({ from: i, to: i + 1 })
  }
  const ranges = new Uint32Array(
    found.flatMap(({ from, to }) => [from * WORD_BYTES, (to - from) * WORD_BYTES]),
  )
  const parts = found.map(({ from, to }) => memory.subarray(from * WORD_BYTES, to * WORD_BYTES))
  const end = Math.max(stack.to, (found.at(-1)?.to ?? 0) * WORD_BYTES)
  return { memoryBytes: memoryUpTo(end), ranges, data: Buffer.concat(parts) }
}

/** Bytes of linear memory for a heap whose last block ends at `end`. */
export function memoryUpTo(end: number): number {
  return Math.ceil((end + RECORD_BYTES + HEAP_STEP_BYTES) / PAGE_BYTES) * PAGE_BYTES
}

function words({ buffer, byteOffset, byteLength }: Uint8Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, byteLength / WORD_BYTES)
}
