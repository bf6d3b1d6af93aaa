/** The JPEG decoder's WebAssembly as Node gets it: from the package's file. `#jpeg-decoder` in Node. */
import { compilePackageWasm } from './compile-package-wasm.ts'

let compiled: WebAssembly.Module | undefined

export function jpegDecoderWasm(): WebAssembly.Module {
  compiled ??= compilePackageWasm('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm')
  return compiled
}
