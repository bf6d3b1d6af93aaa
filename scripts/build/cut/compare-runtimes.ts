import { readFile } from 'node:fs/promises'

import { runtime as nativeRuntime } from '#onnx'
import { runtime as wasmRuntime } from '#shared/onnx-wasm.ts'

import { recordRuns } from '../calibrate/record-runs.ts'
import { compileWasm } from '../compile-wasm.ts'
import { areIdentical, DifferenceMeter, type Difference } from '../difference.ts'
import type { ModelProcessRequest } from '../model-process.ts'
import { openModel, openSessions } from '../open-model.ts'

export interface CompareRequest extends ModelProcessRequest {
  published: string
  cut: string
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
  const [cut, published] = await Promise.all(
    [request.cut, request.published].map(async (path) =>
      openSessions(request, wasmRuntime, await compileWasm(await readFile(path))),
    ),
  )
  const native = await openSessions(request, nativeRuntime)
  const meters = new Map(request.graphs.map((graph) => [graph, new DifferenceMeter()]))
  for (const run of await recordRuns(folder, codec, native, request.cacheDir)) {
    const whole = await published?.get(run.graph)?.run(run.inputs)
    // a run that fails on the cut runtime is as different as one that answers otherwise
    const short = await cut
      ?.get(run.graph)
      ?.run(run.inputs)
      .catch(() => undefined)
    if (!short || !whole || !areIdentical(short, whole))
      return { different: run.example, parity: {} }
    meters.get(run.graph)?.add(short, run.outputs)
  }
  const parity = Array.from(meters).flatMap(([graph, meter]) =>
    Object.entries(meter.byOutput()).map(
      ([output, difference]) => [`${graph}.${output}`, difference] as const,
    ),
  )
  return { parity: Object.fromEntries(parity) }
}
