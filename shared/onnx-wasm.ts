/**
 * ONNX Runtime in WebAssembly: the only import of onnxruntime-web.
 *
 * Its Emscripten glue is used directly rather than its JavaScript API. That API starts one instance
 * a process and can't start a second after a trap, and it compiles the runtime from bytes, which
 * workerd forbids. The glue takes a compiled module through `instantiateWasm` and starts as many
 * instances as asked: one a session here, so that a trap costs only that session's.
 * docs/decisions/0002 has the reasons.
 */
import { env } from 'onnxruntime-common'
import startOrt from 'onnxruntime-web/ort-wasm-simd-threaded.mjs'

import type { GraphSource, InferenceRuntime } from './inference.ts'
import { MeshError } from './mesh-error.ts'
import { OrtError, type OrtModule } from './ort-module.ts'
import { unpackFloats } from './packed-floats.ts'
import { CUT_HOOK, cutError, HOOKS_MODULE } from './runtime-cut.ts'
import { openSession, type WasmSession } from './wasm-session.ts'

/** ORT's log levels run from 0 verbose to 4 fatal; what matters comes back as an error anyway. */
const LOG_FATAL = 4

/** The runtime as Workers have it. */
export const runtime = createWasmRuntime()

/**
 * @param hooks functions that the module imports besides the glue's own, under HOOKS_MODULE; the
 * build's instrumented runtime reports there which functions it enters.
 */
export function createWasmRuntime(hooks: WebAssembly.ModuleImports = {}): InferenceRuntime {
  return {
    name: `onnxruntime-web ${env.versions.common}`,

    async createSession({ modelId, bytes, wasm }: GraphSource): Promise<WasmSession> {
      if (!wasm) throw new MeshError('internal', `[${modelId}] was given no compiled runtime`)
      const cut = { reached: false }
      try {
        const ort = await startInstance(wasm, {
          ...hooks,
          [CUT_HOOK]() {
            cut.reached = true
          },
        })
        ort._OrtInit(1, LOG_FATAL)
        return await openSession(ort, unpackFloats(bytes), {
          modelId,
          reachedCut: () => cut.reached,
        })
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

function startInstance(
  wasm: WebAssembly.Module,
  hooks: WebAssembly.ModuleImports,
): Promise<OrtModule> {
  return new Promise((resolve, reject) => {
    startOrt({
      numThreads: 1, // workerd has no threads to give
      instantiateWasm(imports, receive) {
        WebAssembly.instantiate(wasm, { ...imports, [HOOKS_MODULE]: hooks }).then(
          (instance) => receive(instance, wasm),
          reject,
        )
        return {}
      },
    }).then(resolve, reject)
  })
}
