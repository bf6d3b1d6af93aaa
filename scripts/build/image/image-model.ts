import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { runtime as nativeRuntime } from '#onnx'
import { serializeRuntimeImage, type RuntimeImage } from '#shared/runtime-image.ts'
import { startOrt } from '#shared/start-ort.ts'
import { WasmSession } from '#shared/wasm-session.ts'

import { recordRuns, type GraphRun } from '../calibrate/record-runs.ts'
import { compileWasm } from '../compile-wasm.ts'
import type { ModelProcessRequest } from '../model-process.ts'
import { openModel, openSessions } from '../open-model.ts'
import { makeImage } from './make-image.ts'
import { memoryFor } from './take-down-memory.ts'

export interface ImageRequest extends ModelProcessRequest {
  /** Paths of the runtime's forms. */
  prepared: string
  hooked: string
  /** Where `<graph>.image` are written. */
  imagesDir: string
}

/**
 * Makes the image of each of a model's graphs. Its memory is as large as the examples come to: a Worker's
 * would otherwise grow in steps of a fifth, however little it lacks.
 */
export async function imageModel(request: ImageRequest): Promise<Record<string, never>> {
  const { folder, codec } = await openModel(request)
  const [prepared, hooked] = await Promise.all(
    [request.prepared, request.hooked].map(async (path) => compileWasm(await readFile(path))),
  )
  if (!prepared || !hooked) throw new Error('there are two runtimes')
  const native = await openSessions(request, nativeRuntime)
  const recorded = await recordRuns(folder, codec, native, request.cacheDir)
  for (const graph of request.graphs) {
    const bytes = await readFile(join(request.optimisedDir, `${graph}.onnx`))
    const image = await makeImage(hooked, bytes)
    const runs = recorded.filter((run) => run.graph === graph)
    const memoryBytes = await memoryAfter(prepared, image, runs)
    await writeFile(
      join(request.imagesDir, `${graph}.image`),
      serializeRuntimeImage({ ...image, header: { ...image.header, memoryBytes } }),
    )
  }
  return {}
}

/** How much linear memory an instance that begins as the image needs for these runs. */
async function memoryAfter(
  prepared: WebAssembly.Module,
  image: RuntimeImage,
  runs: readonly GraphRun[],
): Promise<number> {
  const ort = await startOrt(prepared, { image })
  const context = { modelId: 'image', reachedCut: () => false }
  const session = new WasmSession(ort, image.header.handles, context)
  for (const { inputs } of runs) await session.run(inputs)
  const end = ort.HEAPU8.findLastIndex((byte) => byte !== 0) + 1
  return Math.max(image.header.memoryBytes, memoryFor(end))
}
