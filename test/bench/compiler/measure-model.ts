import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'

import { runtime as nativeRuntime } from '#onnx'
import type { Codec } from '#shared/codec.ts'
import type { InferenceSession } from '#shared/inference.ts'
import { binaryBytes } from '#shared/oip/binary-tensor.ts'
import type { Tensors } from '#shared/tensor.ts'

import { startWorkerd, type Workerd } from '../../../scripts/build/admit/start-workerd.ts'
import { recordRuns, type GraphRun } from '../../../scripts/build/calibrate/record-runs.ts'
import { exampleInput } from '../../../scripts/mesh/example-input.ts'
import { ARTEFACTS_DIR, OUTPUT_DIR } from '../../../scripts/paths.ts'
import type { ModelFolder } from '../../../workers/native/model-folders.ts'
import { quantile } from '../timing.ts'
import { writeTensors } from './tensors-wire.ts'
import { makeVariants, type Variant } from './variants.ts'

const CACHE_DIR = join(OUTPUT_DIR, 'cache')
/** Fresh processes of each variant, and batches of warm runs. */
const STARTS = 9
const BATCHES = 11
/** A batch lasts about this long, so that the hop around it is small. */
const BATCH_MS = 250
const MAX_RUNS = 20_000
/** V8 compiles hot functions anew in the background: nothing counts until it has. */
const WARM_UP_MS = 2_500

/** What one variant took; times in ms, medians. */
export interface Figures {
  runtimeBytes: number
  runtimeGzipBytes: number
  firstAnswerMs: number
  memoryBytes: number
  inferenceMs: number
}

export interface ModelFigures {
  id: string
  plain: Figures
  compiled: Figures
  nativeMs: number
}

/** Measures a model as plain onnxruntime-web serves it and as the build made it, taking turns. */
export async function measureModel(folder: ModelFolder): Promise<ModelFigures> {
  const workDir = await mkdtemp(join(tmpdir(), 'capillary-bench-'))
  try {
    const variants = await makeVariants(folder, workDir)
    const native = await nativeSession(folder)
    const run = await largestRun(folder, native)
    const first = await firstAnswers(folder, variants, run.example)
    const warm = await warmRuns(variants, run.inputs, native)
    const [plain, compiled] = await Promise.all(
      variants.map(async ({ artefactsDir }, i) => {
        const wasm = await readFile(join(artefactsDir, 'ort.wasm'))
        return {
          runtimeBytes: wasm.byteLength,
          runtimeGzipBytes: gzipSync(wasm, { level: 9 }).byteLength,
          firstAnswerMs: quantile(first[i] ?? [], 0.5),
          memoryBytes: warm.memoryBytes[i] ?? Number.NaN,
          inferenceMs: quantile(warm.times[i] ?? [], 0.5),
        }
      }),
    )
    if (!plain || !compiled) throw new Error('there are two variants')
    return { id: folder.id, plain, compiled, nativeMs: quantile(warm.nativeTimes, 0.5) }
  } finally {
    await rm(workDir, { recursive: true, force: true })
  }
}

async function nativeSession({ id }: ModelFolder): Promise<InferenceSession> {
  const bytes = await readFile(join(ARTEFACTS_DIR, id, 'model.onnx'))
  return nativeRuntime.createSession({ modelId: id, bytes })
}

/** The run of the main graph with the most elements of all examples. */
async function largestRun(folder: ModelFolder, native: InferenceSession): Promise<GraphRun> {
  // as: the build has checked that codec.ts exports a codec
  const { codec } = (await import(pathToFileURL(join(folder.path, 'codec.ts')).href)) as {
    codec: Codec
  }
  const runs = await recordRuns(folder, codec, new Map([['model', native]]), CACHE_DIR)
  const size = ({ inputs }: GraphRun) =>
    Object.values(inputs).reduce((sum, tensor) => sum + binaryBytes(tensor).byteLength, 0)
  return runs.reduce((a, b) => (size(b) > size(a) ? b : a))
}

/** From starting workerd to the whole answer to the first request, ms. */
async function firstAnswers(
  folder: ModelFolder,
  variants: readonly Variant[],
  exampleName: string,
): Promise<number[][]> {
  const example = folder.manifest.examples.find(({ name }) => name === exampleName)
  if (!example) throw new Error(`[${folder.id}] has no example '${exampleName}'`)
  const { bytes, mediaType } = await exampleInput(example, folder, CACHE_DIR)
  const times: number[][] = variants.map(() => [])
  // the first start of each reads its files from the disk
  for (let round = -1; round < STARTS; round++) {
    for (const [i, { worker, dir }] of variants.entries()) {
      const started = performance.now()
      const workerd = await startWorkerd(worker, join(dir, 'worker'))
      try {
        const response = await fetch(
          `${workerd.url}/models/${folder.id}/versions/${folder.manifest.version}`,
          {
            method: 'POST',
            headers: { 'content-type': mediaType },
            body: new Uint8Array(bytes),
          },
        )
        const text = await response.text()
        if (!response.ok) throw new Error(`[${folder.id}] ${variants[i]?.name}: ${text}`)
        if (round >= 0) times[i]?.push(performance.now() - started)
      } finally {
        await workerd.stop()
      }
    }
  }
  return times
}

interface WarmRuns {
  /** One run, ms, by variant. */
  times: number[][]
  nativeTimes: number[]
  memoryBytes: number[]
}

async function warmRuns(
  variants: readonly Variant[],
  tensors: Tensors,
  native: InferenceSession,
): Promise<WarmRuns> {
  const processes: Workerd[] = []
  try {
    for (const { inference, dir } of variants)
      processes.push(await startWorkerd(inference, join(dir, 'inference')))
    for (const { url } of processes) await post(url, 1, writeTensors(tensors))
    const contenders = [
      ...processes.map(
        ({ url }) =>
          async (runs: number) =>
            void (await post(url, runs)),
      ),
      async (runs: number) => {
        for (let i = 0; i < runs; i++) await native.run(tensors)
      },
    ]
    const runs: number[] = []
    for (const contender of contenders) runs.push(await warmUp(contender))
    const times: number[][] = contenders.map(() => [])
    for (let batch = 0; batch < BATCHES; batch++) {
      for (const [i, contender] of contenders.entries()) {
        const count = runs[i] ?? 1
        const started = performance.now()
        await contender(count)
        times[i]?.push((performance.now() - started) / count)
      }
    }
    const memoryBytes = await Promise.all(processes.map(({ url }) => post(url, 1)))
    return { times: times.slice(0, -1), nativeTimes: times.at(-1) ?? [], memoryBytes }
  } finally {
    for (const workerd of processes) await workerd.stop()
  }
}

/** Runs until V8 has settled and returns how many runs make a batch. */
async function warmUp(contender: (runs: number) => Promise<void>): Promise<number> {
  const until = performance.now() + WARM_UP_MS
  let runs = 1
  let took = 0
  while (performance.now() < until) {
    const started = performance.now()
    await contender(runs)
    took = performance.now() - started
    if (took < BATCH_MS / 2) runs = Math.min(MAX_RUNS, runs * 2)
  }
  return Math.max(1, Math.min(MAX_RUNS, Math.round((runs * BATCH_MS) / took)))
}

async function post(url: string, runs: number, body = ''): Promise<number> {
  const response = await fetch(`${url}/?runs=${runs}`, { method: 'POST', body })
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  const { memoryBytes }: { memoryBytes: number } = JSON.parse(text)
  return memoryBytes
}
