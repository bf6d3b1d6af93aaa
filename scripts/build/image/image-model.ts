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
import type { AllocatorHooks } from './hook-allocator.ts'
import { makeImage } from './make-image.ts'
import { memoryUpTo } from './take-down-memory.ts'

export interface ImageRequest extends ModelProcessRequest {
  /** Path of the runtime whose allocator is hooked. */
  hooked: string
  /** Where `<graph>.image` are written. */
  imagesDir: string
}

/**
 * Makes the image of each of a model's graphs. Its memory is as large as any example needs by itself: a
 * Worker's would otherwise grow in steps of a fifth, however little it lacks.
 */
export async function imageModel(request: ImageRequest): Promise<Record<string, never>> {
  const { folder, codec } = await openModel(request)
  const hooked = await compileWasm(await readFile(request.hooked))
  const native = await openSessions(request, nativeRuntime)
  const recorded = await recordRuns(folder, codec, native, request.cacheDir)
  for (const graph of request.graphs) {
    const bytes = await readFile(join(request.optimisedDir, `${graph}.onnx`))
    const image = await makeImage(hooked, bytes)
    let { memoryBytes } = image.header
    for (const run of recorded) {
      if (run.graph === graph)
        memoryBytes = Math.max(memoryBytes, await memoryFor(hooked, image, run))
    }
    await writeFile(
      join(request.imagesDir, `${graph}.image`),
      serializeRuntimeImage({ ...image, header: { ...image.header, memoryBytes } }),
    )
  }
  return {}
}

/** After so many runs alike the heap has settled. */
const RUNS = 3

/** How much linear memory a fresh instance that begins as the image takes for a run, again and again. */
async function memoryFor(
  hooked: WebAssembly.Module,
  image: RuntimeImage,
  { inputs }: GraphRun,
): Promise<number> {
  let end = 0
  const hooks: AllocatorHooks = {
    place: () => 0,
    placed: (pointer, bytes) => {
      end = Math.max(end, pointer + bytes)
    },
    release: () => 0,
  }
  const ort = await startOrt(hooked, { image, hooks: { ...hooks } })
  const session = new WasmSession(ort, image.header.handles, {
    modelId: 'image',
    reachedCut: () => false,
  })
  // what the first run leaves behind, such as the place of its inputs, moves those after it
  for (let i = 0; i < RUNS; i++) await session.run(inputs)
  return memoryUpTo(end)
}
