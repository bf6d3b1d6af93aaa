/** The Emscripten glue that onnxruntime-web exports without types. */
declare module 'onnxruntime-web/ort-wasm-simd-threaded.mjs' {
  import type { OrtModule, OrtModuleOptions } from '#shared/ort-module.ts'

  export default function startOrt(options: OrtModuleOptions): Promise<OrtModule>
}
