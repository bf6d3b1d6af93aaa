import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

import { MeshError } from '#shared/mesh-error.ts'
import { runtime } from '#shared/onnx-wasm.ts'

import { BuildError } from './build-error.ts'
import { compileWasm } from './compile-wasm.ts'

/** The runtime as published; a Worker bundles this very file. */
export const EDGE_RUNTIME_PATH = createRequire(import.meta.url).resolve(
  'onnxruntime-web/ort-wasm-simd-threaded.wasm',
)

let compiled: Promise<WebAssembly.Module> | undefined

/** Loads the optimised graph in the edge runtime itself, so that an operator it lacks stops the build here. */
export async function admitToEdge(graph: Uint8Array, name: string, modelId: string): Promise<void> {
  compiled ??= readFile(EDGE_RUNTIME_PATH).then(compileWasm)
  try {
    const session = await runtime.createSession({ modelId, bytes: graph, wasm: await compiled })
    await session.release()
  } catch (err) {
    if (!(err instanceof MeshError)) throw err
    const reason = err.detail ?? err.message
    const operator = /implementation for ([\w.]+\(\d+\))/.exec(reason)?.[1]
    throw new BuildError(
      `[${modelId}] graph '${name}' does not load in the edge runtime` +
        `${operator ? `: it lacks the operator ${operator}` : ''}\n  ${reason}\n` +
        `  Set "placement": ["native"] in manifest.json, or export the model without that operator.`,
      { cause: err },
    )
  }
}
