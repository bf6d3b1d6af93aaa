const HEADER_BYTES = 8
const CODE_SECTION = 10
/** Three bytes: no local variables, `unreachable`, `end`. */
const EMPTY_BODY = [3, 0x00, 0x00, 0x0b]

/**
 * The module with `unreachable` as the whole body of each of its own functions but those to keep, which
 * stay as they are, as does their numbering: what is to be cut away needn't be decoded first.
 *
 * @see https://webassembly.github.io/spec/core/binary/modules.html#code-section
 */
export function emptyFunctions(wasm: Uint8Array, kept: ReadonlySet<number>): Uint8Array {
  let at = HEADER_BYTES
  const number = () => {
    let value = 0
    for (let shift = 1; ; shift *= 128) {
      const group = wasm[at++] ?? 0
      value += (group & 0x7f) * shift
      if (group < 0x80) return value
    }
  }
  while (at < wasm.byteLength) {
    const start = at
    const id = wasm[at++]
    const length = number()
    const end = at + length
    if (id !== CODE_SECTION) {
      at = end
      continue
    }
    const functions = number()
    const bodies: Uint8Array[] = []
    for (let i = 0; i < functions; i++) {
      const from = at
      const size = number()
      at += size
      bodies.push(kept.has(i) ? wasm.subarray(from, at) : Uint8Array.from(EMPTY_BODY))
    }
    const code = Buffer.concat([Uint8Array.from(encode(functions)), ...bodies])
    const header = Uint8Array.from([CODE_SECTION, ...encode(code.byteLength)])
    return Buffer.concat([wasm.subarray(0, start), header, code, wasm.subarray(end)])
  }
  throw new Error('the module has no functions of its own')
}

/** As LEB128. */
function encode(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...encode(value >>> 7)]
}
