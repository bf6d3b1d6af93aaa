import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { runtime as nativeRuntime } from '#onnx'
import { runtime as wasmRuntime } from '#shared/onnx-wasm.ts'

import { recordRuns } from '../calibrate/record-runs.ts'
import { compileWasm } from '../compile-wasm.ts'
import { areIdentical, DifferenceMeter, type Difference } from '../difference.ts'
import type { ModelProcessRequest } from '../model-process.ts'
import { openImages, openModel, openSessions } from '../open-model.ts'

export interface CompareRequest extends ModelProcessRequest {
  published: string
  /** What is meant for the model's Worker: `ort.wasm`, and an image of each graph. */
  artefactsDir: string
}

export interface Comparison {
  /** The first example on which the cut runtime's outputs differ in any bit from the published one's. */
  different?: string
  /** Largest difference of each output, `graph.output`, between WebAssembly and native. */
  parity: Record<string, Difference>
}

/** Runs the examples on the cut runtime, on the published one and natively. */
export async function compareRuntimes(request: CompareRequest): Promise<Comparison> {
  const { folder, codec } = await openModel(request)
  const { artefactsDir } = request
  const wasm = await compileWasm(await readFile(join(artefactsDir, 'ort.wasm')))
  const cut = await openImages({ ...request, imagesDir: artefactsDir }, wasmRuntime, wasm)
  const whole = await compileWasm(await readFile(request.published))
  const published = await openSessions(request, wasmRuntime, whole)
  const native = await openSessions(request, nativeRuntime)
  const meters = new Map(request.graphs.map((graph) => [graph, new DifferenceMeter()]))
  for (const run of await recordRuns(folder, codec, native, request.cacheDir)) {
    const expected = await published.get(run.graph)?.run(run.inputs)
    // a run that fails on the cut runtime is as different as one that answers otherwise
    const actual = await cut
      .get(run.graph)
      ?.run(run.inputs)
      .catch(() => undefined)
    if (!actual || !expected || !areIdentical(actual, expected))
      return { different: run.example, parity: {} }
    meters.get(run.graph)?.add(actual, run.outputs)
  }
  const parity = Array.from(meters).flatMap(([graph, meter]) =>
    Object.entries(meter.byOutput()).map(
      ([output, difference]) => [`${graph}.${output}`, difference] as const,
    ),
  )
  return { parity: Object.fromEntries(parity) }
}
