import binaryen from 'binaryen'
import { expect, test } from 'vitest'

import { compileWasm } from '../compile-wasm.ts'
import { emptyFunctions } from './empty-functions.ts'

/** Adds up in function 0, which is exported, by function 1; `padding` makes bodies that take more than a byte to measure. */
function makeModule(padding = 0): Uint8Array {
  const module = binaryen.parseText(`(module
    (import "host" "tell" (func $tell))
    (memory (export "memory") 1)
    (func $first (export "first") (param i32) (result i32) (call $second (local.get 0)))
    (func $second (param i32) (result i32)
      ${'(call $tell)'.repeat(padding)}
      (i32.add (local.get 0) (i32.const 1)))
    (func $third (export "third") (result i32) (i32.const 3)))`)
  try {
    return module.emitBinary()
  } finally {
    module.dispose()
  }
}

async function run(wasm: Uint8Array) {
  const instance = await WebAssembly.instantiate(await compileWasm(wasm), {
    host: { tell: () => {} },
  })
  // as: the module's own functions
  return instance.exports as Record<'first' | 'third', (value?: number) => number>
}

test.each([0, 100])('traps in what is emptied and nowhere else, %i calls long', async (padding) => {
  const wasm = makeModule(padding)
  expect((await run(wasm)).first(4)).toBe(5)
  const { first, third } = await run(emptyFunctions(wasm, new Set([0, 1])))
  expect(first(4)).toBe(5)
  expect(() => third()).toThrow(WebAssembly.RuntimeError)
  const other = await run(emptyFunctions(wasm, new Set([0, 2])))
  expect(() => other.first(4)).toThrow(WebAssembly.RuntimeError)
  expect(other.third()).toBe(3)
})

test('changes no byte where all is kept', () => {
  const wasm = makeModule(100)
  expect(Buffer.from(emptyFunctions(wasm, new Set([0, 1, 2]))).equals(wasm)).toBe(true)
})

test('refuses a module that has no functions', () => {
  const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)
  expect(() => emptyFunctions(empty, new Set())).toThrow('no functions of its own')
})
