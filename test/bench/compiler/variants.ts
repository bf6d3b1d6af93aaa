import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import { bundleWorker, type WorkerBundle } from '../../../scripts/build/admit/bundle-worker.ts'
import { modelStages, readContents } from '../../../scripts/build/model-stages.ts'
import { PUBLISHED_RUNTIME, runtimeForms } from '../../../scripts/build/runtime-forms.ts'
import { ARTEFACTS_DIR, MODELS_DIR, OUTPUT_DIR } from '../../../scripts/paths.ts'
import type { ModelFolder } from '../../../workers/native/model-folders.ts'

/** One way to serve a model: its own Worker, and one that only runs its main graph. */
export interface Variant {
  name: 'plain' | 'compiled'
  /** Where model.image and ort.wasm are. */
  artefactsDir: string
  dir: string
  worker: WorkerBundle
  inference: WorkerBundle
}

/** Plain onnxruntime-web with the graph as published, and what the build made. */
export async function makeVariants(folder: ModelFolder, workDir: string): Promise<Variant[]> {
  const plainDir = join(workDir, 'plain', 'artefacts')
  await mkdir(plainDir, { recursive: true })
  const kept = { cacheDir: join(OUTPUT_DIR, 'cache'), log: () => {} }
  const { source, converted } = modelStages(folder, {
    ...kept,
    modelsDir: MODELS_DIR,
    forms: runtimeForms(kept),
    cut: true,
  })
  const { graphs, assets } = await readContents(source)
  // the Worker hands what it imports to the runtime, which here gets the graph itself
  for (const name of graphs)
    await copyFile(join(await converted.dir(), `${name}.onnx`), join(plainDir, `${name}.image`))
  for (const name of assets) await copyFile(join(await source.dir(), name), join(plainDir, name))
  await copyFile(PUBLISHED_RUNTIME, join(plainDir, 'ort.wasm'))

  const plainRuntime = join(import.meta.dirname, 'plain-runtime.ts')
  return [
    await bundle('plain', plainDir, { '#onnx': plainRuntime }),
    await bundle('compiled', join(ARTEFACTS_DIR, folder.id), {}),
  ]

  async function bundle(
    name: Variant['name'],
    artefactsDir: string,
    alias: Record<string, string>,
  ): Promise<Variant> {
    const dir = join(workDir, name)
    const entry = join(folder.path, 'index.ts')
    const bench = join(import.meta.dirname, 'inference-worker.ts')
    return {
      name,
      artefactsDir,
      dir,
      worker: await bundleWorker(
        entry,
        { id: folder.id, dir: artefactsDir },
        join(dir, 'worker'),
        alias,
      ),
      inference: await bundleWorker(
        bench,
        { id: 'bench', dir: artefactsDir },
        join(dir, 'inference'),
        alias,
      ),
    }
  }
}
