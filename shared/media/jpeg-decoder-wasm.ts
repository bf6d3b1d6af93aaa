/** The JPEG decoder's WebAssembly as a Worker gets it: imported statically. `#jpeg-decoder` in workerd. */
import compiled from '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm'

export const jpegDecoderWasm = (): WebAssembly.Module => compiled
