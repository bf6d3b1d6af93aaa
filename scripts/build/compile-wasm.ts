interface Compiler {
  compile(bytes: Uint8Array): Promise<WebAssembly.Module>
}

/** Compiles WebAssembly in Node. */
export function compileWasm(bytes: Uint8Array): Promise<WebAssembly.Module> {
  // as: the types are those of Workers, where compiling at run time is forbidden and left out
  return (WebAssembly as unknown as Compiler).compile(bytes)
}
