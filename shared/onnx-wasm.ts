/**
 * ONNX Runtime in WebAssembly.
 *
 * onnxruntime-web's Emscripten glue is used directly (start-ort.ts) rather than its JavaScript API. That
 * API starts one instance a process and can't start a second after a trap, and it compiles the runtime
 * from bytes, which workerd forbids. The glue takes a compiled module and starts as many instances as
 * asked: one a session here, so that a trap costs only that session's.
 * docs/decisions/0002 has the reasons, 0006 those of images.
 */
import { env } from 'onnxruntime-common'

import type { GraphSource, InferenceRuntime } from './inference.ts'
import { MeshError } from './mesh-error.ts'
import { OrtError } from './ort-module.ts'
import { unpackFloats } from './packed-floats.ts'
import { CUT_HOOK, cutError } from './runtime-cut.ts'
import { isRuntimeImage, parseRuntimeImage, requireImageOf } from './runtime-image.ts'
import { startOrt } from './start-ort.ts'
import { openSession, WasmSession } from './wasm-session.ts'

/** The runtime as Workers have it. */
export const runtime = createWasmRuntime()

/**
 * @param hooks functions that the module imports besides the glue's own; the build's instrumented
 * runtime reports there which functions it enters.
 */
export function createWasmRuntime(
  hooks: WebAssembly.ModuleImports = {},
): InferenceRuntime & { createSession(source: GraphSource): Promise<WasmSession> } {
  return {
    name: `onnxruntime-web ${env.versions.common}`,

    async createSession({ modelId, bytes, wasm }) {
      if (!wasm) throw new MeshError('internal', `[${modelId}] was given no compiled runtime`)
      const cut = { reached: false }
      const context = { modelId, reachedCut: () => cut.reached }
      const noteCut = () => {
        cut.reached = true
      }
      try {
        const unpacked = unpackFloats(bytes)
        const image = isRuntimeImage(unpacked) ? parseRuntimeImage(unpacked) : undefined
        if (image) requireImageOf(image, wasm)
        const ort = await startOrt(wasm, { hooks: { ...hooks, [CUT_HOOK]: noteCut }, image })
        return new WasmSession(
          ort,
          image?.header.handles ?? (await openSession(ort, unpacked)),
          context,
        )
      } catch (err) {
        if (err instanceof MeshError) throw err
        if (cut.reached) throw cutError(modelId, err)
        throw new MeshError('model_unavailable', `[${modelId}] the model could not be loaded`, {
          cause: err,
          detail: err instanceof OrtError ? err.message : undefined,
          retryAfter: 1,
        })
      }
    },
  }
}
