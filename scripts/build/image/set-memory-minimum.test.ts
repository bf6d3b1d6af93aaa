import { expect, test } from 'vitest'

import { compileWasm } from '../compile-wasm.ts'
import { setMemoryMinimum } from './set-memory-minimum.ts'

/** (module (import "f" "f" (func)) (import "t" "t" (table 1 2 funcref)) (import "m" "m" (memory 256 65536 shared))) */
const MODULE = Uint8Array.from(
  [
    [0, 97, 115, 109, 1, 0, 0, 0],
    [1, 4, 1, 0x60, 0, 0], // a type: () → ()
    [2, 27, 3], // three imports
    [1, 102, 1, 102, 0, 0],
    [1, 116, 1, 116, 1, 0x70, 1, 1, 2],
    [1, 109, 1, 109, 2, 3, 0x80, 0x02, 0x80, 0x80, 0x04],
  ].flat(),
)

const memory = (initial: number) =>
  new WebAssembly.Memory({ initial, maximum: 65_536, shared: true })

test('a module takes a smaller memory and keeps its length', async () => {
  const smaller = setMemoryMinimum(MODULE, 97)
  expect(smaller.byteLength).toBe(MODULE.byteLength)
  const imports = (pages: number) => ({
    f: { f: () => {} },
    t: { t: new WebAssembly.Table({ element: 'anyfunc', initial: 1, maximum: 2 }) },
    m: { m: memory(pages) },
  })
  const [before, after] = [await compileWasm(MODULE), await compileWasm(smaller)]
  await expect(WebAssembly.instantiate(before, imports(97))).rejects.toThrow(/memory/)
  await expect(WebAssembly.instantiate(after, imports(96))).rejects.toThrow(/memory/)
  expect(await WebAssembly.instantiate(after, imports(97))).toBeInstanceOf(WebAssembly.Instance)
})

test('a number that has no room in its place, and a module without a memory, are refused', () => {
  expect(() => setMemoryMinimum(MODULE, 16_384)).toThrow(/do not fit/)
  expect(() => setMemoryMinimum(MODULE.subarray(0, 14), 1)).toThrow(/imports no memory/)
})
