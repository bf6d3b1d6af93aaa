import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { runtime as nativeRuntime } from '#onnx'
import type { Manifest } from '#shared/manifest.ts'
import { createWasmRuntime } from '#shared/onnx-wasm.ts'
import { ENTER_HOOK } from '#shared/runtime-cut.ts'
import { elementCount } from '#shared/tensor.ts'

import { BuildError } from '../build-error.ts'
import { compileWasm } from '../compile-wasm.ts'
import { DifferenceMeter, type Difference } from '../difference.ts'
import type { ModelProcessRequest } from '../model-process.ts'
import { openImages, openModel, openSessions } from '../open-model.ts'
import type { Calibration } from './calibration.ts'
import { calibrationInputs } from './calibration-inputs.ts'
import { compareWithOriginal } from './compare-with-original.ts'
import { recordRuns, type GraphRun } from './record-runs.ts'
import { tensorBytes } from './tensor-bytes.ts'

/**
 * Largest difference, relative to the largest value of the output, that optimising may make. Fusion and
 * folding round otherwise: 1e-6 is usual; more than this is another computation.
 */
const MAX_OPTIMISATION_DIFFERENCE = 1e-3
/** The same where weights are rounded to float16, each by up to 5e-4; 28 layers of MobileNet make 6e-3 of that. */
const MAX_ROUNDING_DIFFERENCE = 2e-2

export interface CalibrateRequest extends ModelProcessRequest {
  /** The instrumented runtime and the images to run in it; absent where nothing is cut. */
  edge?: { instrumented: string; imagesDir: string }
}

/**
 * Runs the examples natively, compares them with the unoptimised graphs, and replays them on the
 * instrumented runtime, with other shapes, values and mistakes, to learn which of its functions run.
 */
export async function calibrateModel(
  request: CalibrateRequest,
  log: (message: string) => void,
): Promise<Calibration> {
  const { folder, codec } = await openModel(request)
  const native = await openSessions(request, nativeRuntime)
  const recorded = await recordRuns(folder, codec, native, request.cacheDir)
  for (const graph of request.graphs) {
    if (!recorded.some((run) => run.graph === graph))
      throw new BuildError(
        `[${request.id}] no example runs the graph '${graph}': add one that does`,
      )
  }
  const conversion = await compareWithOriginal(request, recorded, log)
  const optimisation = await compareWithUnoptimised(request, folder.manifest, recorded)
  const largest = largestRuns(recorded)
  const known = {
    optimisation,
    conversion,
    largestExample: largest[0]?.example ?? '',
    tensorBytes: await tensorsOf(request, largest),
  }
  if (!request.edge) return { ...known, functions: [], runs: recorded.length }

  log(`calibrating with ${folder.manifest.examples.length} examples`)
  const { functions, runs } = await replay(request, request.edge, folder.manifest, recorded)
  return { ...known, functions, runs }
}

async function compareWithUnoptimised(
  request: CalibrateRequest,
  { weights }: Pick<Manifest, 'weights'>,
  recorded: readonly GraphRun[],
): Promise<Record<string, Difference>> {
  const result: Record<string, Difference> = {}
  for (const graph of request.graphs) {
    const own = recorded.filter((run) => run.graph === graph)
    const session = await nativeRuntime.createSession({
      modelId: request.id,
      bytes: await readFile(join(request.convertedDir, `${graph}.onnx`)),
    })
    const meter = new DifferenceMeter()
    for (const { inputs, outputs } of own) meter.add(outputs, await session.run(inputs))
    await session.release()
    const largest = meter.largest()
    const most = weights === 'float16' ? MAX_ROUNDING_DIFFERENCE : MAX_OPTIMISATION_DIFFERENCE
    if (largest.maxRelative > most) {
      throw new BuildError(
        `[${request.id}] optimising changed what graph '${graph}' answers on the examples: ` +
          `by ${largest.maxRelative.toExponential(1)} of the largest value, ${most} is the most\n` +
          (weights === 'float16'
            ? '  Rounding to float16 does that to it: leave "weights" out of manifest.json.'
            : "  This is a bug of ONNX Runtime's optimiser or an unstable graph; please report it with the model."),
      )
    }
    result[graph] = largest
  }
  return result
}

/** Which functions run. A session that a mistake breaks is opened again, as a Worker does. */
async function replay(
  request: ModelProcessRequest,
  { instrumented, imagesDir }: NonNullable<CalibrateRequest['edge']>,
  manifest: Manifest,
  recorded: readonly GraphRun[],
): Promise<{ functions: number[]; runs: number }> {
  const entered = new Set<number>()
  const runtime = createWasmRuntime({ [ENTER_HOOK]: (index: number) => entered.add(index) })
  const wasm = await compileWasm(await readFile(instrumented))
  const open = () => openImages({ ...request, imagesDir }, runtime, wasm)
  let sessions = await open()
  let runs = 0
  const run = async (graph: string, inputs: GraphRun['inputs']) => {
    runs++
    try {
      await sessions.get(graph)?.run(inputs)
    } catch {
      // how it fails is part of what a Worker must be able to do
      if (sessions.get(graph)?.memoryBytes === 0) sessions = await open()
    }
  }
  for (const { graph, inputs } of recorded) await run(graph, inputs)
  const first = recorded.find(({ graph }) => graph === 'model')
  if (first) {
    for (const inputs of calibrationInputs(manifest, first.inputs)) await run('model', inputs)
    // what comes after a mistake must run as well
    await run('model', first.inputs)
  }
  for (const session of sessions.values()) await session.release()
  return { functions: Array.from(entered).toSorted((a, b) => a - b), runs }
}

/** Of each graph the run with the most elements, the largest first. */
function largestRuns(recorded: readonly GraphRun[]): GraphRun[] {
  const byGraph = new Map<string, GraphRun>()
  for (const run of recorded) {
    const known = byGraph.get(run.graph)
    if (!known || elementsOf(run) > elementsOf(known)) byGraph.set(run.graph, run)
  }
  return Array.from(byGraph.values()).toSorted((a, b) => elementsOf(b) - elementsOf(a))
}

async function tensorsOf(
  { optimisedDir }: ModelProcessRequest,
  runs: readonly GraphRun[],
): Promise<Calibration['tensorBytes']> {
  const result: Calibration['tensorBytes'] = {}
  for (const { graph, inputs } of runs) {
    const bytes = await tensorBytes(await readFile(join(optimisedDir, `${graph}.onnx`)), inputs)
    if (bytes) result[graph] = bytes
  }
  return result
}

function elementsOf({ inputs }: GraphRun): number {
  return Object.values(inputs).reduce((sum, { shape }) => sum + elementCount(shape), 0)
}
