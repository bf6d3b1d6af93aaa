import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import { codeDigest } from './code-digest.ts'
import { stage, type Stage } from './stage.ts'
import { toolVersions } from './tool-versions.ts'

/** The runtime as published, which Workers' runtimes are cut from. */
export const PUBLISHED_RUNTIME = createRequire(import.meta.url).resolve(
  'onnxruntime-web/ort-wasm-simd-threaded.wasm',
)

/** The published runtime in the forms that the build runs; each holds `ort.wasm` and is made once for all models. */
export interface RuntimeForms {
  /** What images go on in and Workers' runtimes are cut from. */
  prepared: Stage
  /** Its allocator asks where to put things: images are taken from it. */
  hooked: Stage
  /** Tells which functions run. */
  instrumented: Stage
}

export function runtimeForms({
  cacheDir,
  log,
}: {
  cacheDir: string
  log(message: string): void
}): RuntimeForms {
  // binaryen takes a second to load: only who makes a form waits for it
  const prepared = form('prepared', 'image/prepare-runtime.ts', {}, async () => {
    const { prepareRuntime } = await import('./image/prepare-runtime.ts')
    return prepareRuntime(await readFile(PUBLISHED_RUNTIME))
  })
  const from = { prepared: prepared.key }
  return {
    prepared,
    hooked: form('hooked', 'image/hook-allocator.ts', from, async () => {
      const { hookAllocator } = await import('./image/hook-allocator.ts')
      return hookAllocator(await readRuntime(prepared))
    }),
    instrumented: form('instrumented', 'cut/instrument-runtime.ts', from, async () => {
      log('instrumenting the runtime, once for all models')
      const { instrumentRuntime } = await import('./cut/instrument-runtime.ts')
      return instrumentRuntime(await readRuntime(prepared))
    }),
  }

  function form(
    name: string,
    file: string,
    inputs: object,
    make: () => Promise<Uint8Array>,
  ): Stage {
    const code = codeDigest(join(import.meta.dirname, file))
    return stage(cacheDir, name, { ...inputs, code, tools: toolVersions() }, async (dir) => {
      await writeFile(join(dir, 'ort.wasm'), await make())
    })
  }
}

/** The runtime that a stage made. */
export async function readRuntime(form: Stage): Promise<Uint8Array> {
  return readFile(await runtimePath(form))
}

export async function runtimePath(form: Stage): Promise<string> {
  return join(await form.dir(), 'ort.wasm')
}
