import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

interface Compiler {
  new (bytes: Uint8Array): WebAssembly.Module
}

const require = createRequire(import.meta.url)

/** Compiles a `.wasm` file of an installed package. */
export function compilePackageWasm(path: string): WebAssembly.Module {
  // as: the types are those of Workers, where a module can't be made of bytes
  const Module = WebAssembly.Module as unknown as Compiler
  return new Module(readFileSync(require.resolve(path)))
}
