/** The resizer's WebAssembly as a Worker gets it: imported statically. `#resizer` in workerd. */
import * as file from '@jsquash/resize/lib/resize/pkg/squoosh_resize_bg.wasm'

/** The package types the file as an instance's exports; in a Worker it is a module under `default`. */
export function resizerWasm(): WebAssembly.Module {
  const compiled: unknown = Reflect.get(file, 'default')
  if (compiled instanceof WebAssembly.Module) return compiled
  throw new TypeError('the bundler did not make a WebAssembly.Module of the resizer')
}
