import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'

import { z } from 'zod'

import { unpackFloats } from '#shared/packed-floats.ts'

import type { ModelFolder } from '../../../workers/native/model-folders.ts'
import { exampleRequest } from '../../mesh/example-request.ts'
import { BuildError } from '../build-error.ts'
import { bundleWorker, type WorkerBundle } from './bundle-worker.ts'
import { startWorkerd, type Workerd } from './start-workerd.ts'

/** Requests that V8 needs to have compiled what it will. */
const WARM_UP = 4
const MEASURED = 8
const REQUEST_TIMEOUT_MS = 120_000

/** What a model costs in a workerd of its own. CPU is of the whole process, its compiler threads included. */
export const EdgeMeasurement = z.object({
  workerBytes: z.int(),
  /** Of graphs in the JavaScript heap while they load. */
  graphBytes: z.int(),
  /** Until it answers, beyond what an empty Worker takes. */
  startupCpuMs: z.number(),
  /** Of the first request: opening the session and running the largest example. */
  firstRequestCpuMs: z.number(),
  /** Of a later request with the largest example, with its HTTP hop. */
  requestCpuMs: z.number(),
  /** Linear memory. */
  memoryAfterLoadBytes: z.int(),
  memoryAfterLargestBytes: z.int(),
  largestExample: z.string(),
  machine: z.string(),
})
export type EdgeMeasurement = z.infer<typeof EdgeMeasurement>

export interface MeasureOptions {
  folder: ModelFolder
  /** Where `#artefacts/<id>/…` are. */
  artefactsDir: string
  /** For the bundle; left behind. */
  workDir: string
  cacheDir: string
  largestExample: string
}

const Descriptor = z.object({ models: z.tuple([z.looseObject({ memoryBytes: z.int() })]) })

/** Runs the model's Worker in a fresh workerd, alone, and reads what it took. */
export async function measureWorker(options: MeasureOptions): Promise<EdgeMeasurement> {
  const { folder, artefactsDir, workDir, cacheDir, largestExample } = options
  const entry = join(folder.path, 'index.ts')
  const bundle = await bundleWorker(entry, { id: folder.id, dir: artefactsDir }, workDir)
  const example = folder.manifest.examples.find(({ name }) => name === largestExample)
  if (!example) throw new BuildError(`[${folder.id}] has no example '${largestExample}'`)
  const request = await exampleRequest(example, folder, cacheDir)
  const emptyCpuMs = await emptyWorkerCpuMs(join(workDir, 'empty'))

  const workerd = await startWorkerd(bundle, workDir)
  try {
    await answer(workerd, '/v2/health/live')
    const live = await workerd.cpuMs()
    await answer(workerd, '/v2/health/ready')
    const memoryAfterLoadBytes = await linearMemory(workerd)
    const path = `/models/${folder.id}/versions/${folder.manifest.version}`
    const infer = () => answer(workerd, path, { method: 'POST', ...request })
    await infer()
    const first = await workerd.cpuMs()
    for (let i = 0; i < WARM_UP; i++) await infer()
    const warm = await workerd.cpuMs()
    for (let i = 0; i < MEASURED; i++) await infer()
    const done = await workerd.cpuMs()
    return {
      workerBytes: bundle.bytes,
      graphBytes: await graphBytes(bundle),
      startupCpuMs: round(Math.max(0, live - emptyCpuMs)),
      firstRequestCpuMs: round(first - live),
      requestCpuMs: round((done - warm) / MEASURED),
      memoryAfterLoadBytes,
      memoryAfterLargestBytes: await linearMemory(workerd),
      largestExample,
      machine: `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}`,
    }
  } finally {
    await workerd.stop()
  }
}

async function answer(workerd: Workerd, path: string, init: RequestInit = {}): Promise<string> {
  const response = await fetch(`${workerd.url}${path}`, {
    ...init,
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  })
  const body = await response.text()
  if (!response.ok) throw new BuildError(`workerd answered ${response.status} to ${path}: ${body}`)
  return body
}

async function linearMemory(workerd: Workerd): Promise<number> {
  return Descriptor.parse(JSON.parse(await answer(workerd, '/'))).models[0].memoryBytes
}

/** What lies in the heap while graphs are loaded: their modules, and what is unpacked of them. */
async function graphBytes({ modules }: WorkerBundle): Promise<number> {
  let total = 0
  for (const { type, path } of modules) {
    if (type !== 'data') continue
    const bytes = await readFile(path)
    const unpacked = unpackFloats(bytes)
    total += bytes.byteLength + (unpacked === bytes ? 0 : unpacked.byteLength)
  }
  return total
}

async function emptyWorkerCpuMs(dir: string): Promise<number> {
  await mkdir(dir, { recursive: true })
  const path = join(dir, 'index.js')
  await writeFile(path, 'export default { fetch: () => Response.json({}) }\n')
  const bundle: WorkerBundle = { modules: [{ name: 'index.js', type: 'esModule', path }], bytes: 0 }
  const workerd = await startWorkerd(bundle, dir)
  try {
    await answer(workerd, '/')
    return await workerd.cpuMs()
  } finally {
    await workerd.stop()
  }
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10
}
