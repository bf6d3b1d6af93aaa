/** The resizer's WebAssembly as Node gets it: from the package's file. `#resizer` in Node. */
import { compilePackageWasm } from './compile-package-wasm.ts'

let compiled: WebAssembly.Module | undefined

export function resizerWasm(): WebAssembly.Module {
  compiled ??= compilePackageWasm('@jsquash/resize/lib/resize/pkg/squoosh_resize_bg.wasm')
  return compiled
}
