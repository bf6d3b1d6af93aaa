const HEADER_BYTES = 8
const IMPORT_SECTION = 2
const KIND = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const
const HAS_MAXIMUM = 1

/**
 * Sets the least memory that a module's imported memory must have, in pages of 64 KiB, and nothing else:
 * the number keeps its place and length in the file.
 *
 * @see https://webassembly.github.io/spec/core/binary/modules.html#import-section
 */
export function setMemoryMinimum(wasm: Uint8Array, pages: number): Uint8Array {
  const result = wasm.slice()
  const at = findMinimum(result)
  if (!at) throw new Error('the module imports no memory')
  const { from, to } = at
  if (pages >= 2 ** (7 * (to - from))) throw new Error(`${pages} pages do not fit in its place`)
  // LEB128, padded to the length that it had
  for (let i = from; i < to; i++) {
    const group = Math.floor(pages / 2 ** (7 * (i - from))) & 0x7f
    result[i] = i + 1 < to ? group | 0x80 : group
  }
  return result
}

function findMinimum(wasm: Uint8Array): { from: number; to: number } | undefined {
  let at = HEADER_BYTES
  const byte = () => wasm[at++] ?? 0
  const number = () => {
    let value = 0
    for (let shift = 1; ; shift *= 128) {
      const group = byte()
      value += (group & 0x7f) * shift
      if (group < 0x80) return value
    }
  }
  const skip = (count: number) => (at += count)

  while (at < wasm.byteLength) {
    const id = byte()
    const length = number()
    if (id !== IMPORT_SECTION) {
      skip(length)
      continue
    }
    for (let count = number(); count > 0; count--) {
      skip(number()) // the name of a module, then of a field
      skip(number())
      const kind = byte()
      if (kind === KIND.memory) {
        byte()
        const from = at
        number()
        return { from, to: at }
      }
      if (kind === KIND.function) number()
      else if (kind === KIND.global) skip(2)
      else if (kind === KIND.tag) {
        byte()
        number()
      } else if (kind === KIND.table) {
        byte()
        const flags = byte()
        number()
        if ((flags & HAS_MAXIMUM) !== 0) number()
      }
    }
  }
  return undefined
}
