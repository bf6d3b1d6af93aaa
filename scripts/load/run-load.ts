import { existsSync } from 'node:fs'
import { mkdir, rm, statfs } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

import { readModelFolders } from '../../workers/native/model-folders.ts'
import { startMesh, type Mesh } from '../mesh/start-mesh.ts'
import { MODELS_DIR } from '../paths.ts'
import { nextConnections, nextHeld, saturationOf, type RampStep } from './find-saturation.ts'
import { progressLine } from './load-report.ts'
import type { LoadRun } from './load-reaches.ts'
import { memoryTrend } from './memory-trend.ts'
import { MemoryWatch } from './memory-watch.ts'
import { runInProcess, type LoadTask } from './run-in-process.ts'
import { goodputOf } from './tally.ts'
import { writeUnlimitedRouter } from './write-unlimited-router.ts'

/** Callers are several tenants, as of a mesh in use. */
const KEYS = 4
/** Of each step of the ramp. */
const STEP_SECONDS = 8
const WARM_UP_CONNECTIONS = 16
/**
 * Of the steady part. So long each model is loaded alone before it, since V8 first collects what a cheap model's requests
 * leave behind after some 14,000 of them, and until then its process grows: within ten minutes of a mix it isn't seen to
 * stop. And so long saturation is held.
 */
const LONG_SHARE = 0.1
const LEAST_LONG_SECONDS = 3
/** What is left of one load must not be charged to the next. */
const REST_MS = 3_000
const STEADY_SHARE = 0.8
const OVERLOAD_FACTOR = 3
/**
 * Memory, where the system has a folder of it: wrangler's D1 writes in the router's own process, which waits until a
 * disk has it; on Cloudflare it is elsewhere.
 */
const MEMORY_DIR = '/dev/shm'
/** A registry takes some 20 MB; what is called memory is 64 MB in a container. */
const LEAST_FREE_BYTES = 256 * 1024 * 1024

export interface LoadOptions {
  capabilities: readonly string[]
  steadySeconds: number
  overloadSeconds: number
  log(message: string): void
}

/** Starts a mesh of the capabilities' models, looks for its saturation and loads it below and above. */
export async function runLoad(options: LoadOptions): Promise<LoadRun> {
  const { capabilities, log } = options
  const folders = readModelFolders(MODELS_DIR).filter(({ manifest }) =>
    capabilities.includes(manifest.capability),
  )
  const missing = capabilities.filter((id) =>
    folders.every(({ manifest }) => manifest.capability !== id),
  )
  if (missing.length > 0) throw new Error(`no model of this mesh offers ${missing.join(', ')}`)
  // one name, so that the next run removes what one that was killed has left
  const outputDir = join(await stateRoot(), `capillary-load-${userInfo().uid}`)
  await rm(outputDir, { recursive: true, force: true })
  await mkdir(outputDir, { mode: 0o700 })
  try {
    const ids = folders.map(({ id }) => id)
    log('this router has no rate limiter: wrangler’s would be measured, not Cloudflare’s')
    const routerConfig = await writeUnlimitedRouter(outputDir)
    const mesh = await startMesh({ port: 0, outputDir, ids, routerConfig, log })
    try {
      const { directUrl: url } = mesh.router
      return await loadStarted(mesh, { url, ids, keys: await createKeys(mesh) }, options)
    } finally {
      await mesh.stop()
    }
  } finally {
    await rm(outputDir, { recursive: true, force: true })
  }
}

async function stateRoot(): Promise<string> {
  if (!existsSync(MEMORY_DIR)) return tmpdir()
  const { bavail, bsize } = await statfs(MEMORY_DIR)
  return bavail * bsize >= LEAST_FREE_BYTES ? MEMORY_DIR : tmpdir()
}

async function createKeys({ admin }: Mesh): Promise<string[]> {
  const keys: string[] = []
  for (let i = 0; i < KEYS; i++) keys.push((await admin.createKey(`load-${i}`, ['infer'])).key)
  return keys
}

async function loadStarted(
  { router, models, native }: Mesh,
  mix: Omit<LoadTask, 'load'>,
  { steadySeconds, overloadSeconds, log }: LoadOptions,
): Promise<LoadRun> {
  const longSeconds = Math.max(Math.round(steadySeconds * LONG_SHARE), LEAST_LONG_SECONDS)
  const warmUp = { connections: WARM_UP_CONNECTIONS, seconds: longSeconds }
  for (const id of mix.ids) {
    log(
      `warming up ${id}: ${progressLine(await runInProcess({ ...mix, ids: [id], load: warmUp }))}`,
    )
  }
  await rest()
  const watch = new MemoryWatch([
    { name: 'router', pid: router.pid },
    ...Array.from(models, ([name, { pid }]) => ({ name, pid })),
    { name: 'native node', pid: native.pid },
  ])
  try {
    await watch.sample()
    const step = async (connections: number, seconds: number): Promise<RampStep> => {
      const result = await runInProcess({ ...mix, load: { connections, seconds } })
      log(`${connections} callers, ${progressLine(result)}`)
      await rest()
      return { connections, result }
    }
    const ramp = await stepsOf(nextConnections, (connections) => step(connections, STEP_SECONDS))
    const held = await stepsOf(
      (soFar) => nextHeld(ramp, soFar),
      (connections) => step(connections, longSeconds),
    )
    const saturation = saturationOf(held)
    const peak = goodputOf(saturation.result)
    const load = (name: string, rate: number, seconds: number) => {
      log(`${name}: ${rate.toFixed(0)} requests a second for ${seconds} s`)
      return runInProcess({ ...mix, load: { rate, seconds } }, (soFar) => log(progressLine(soFar)))
    }
    const from = watch.seconds
    const steady = await load('steady', peak * STEADY_SHARE, steadySeconds)
    const to = watch.seconds
    await rest()
    const again = await step(saturation.connections, longSeconds)
    const overload = await load('overload', peak * OVERLOAD_FACTOR, overloadSeconds)
    await watch.sample()
    const memory = Array.from(watch.samples, ([name, samples]) => ({
      name,
      whole: memoryTrend(samples),
      steady: memoryTrend(samples.filter(({ at }) => at >= from && at <= to)),
    }))
    return { ramp, held, peak, steady, again, overload, memory }
  } finally {
    watch.stop()
  }
}

/** Makes one step after the other until there is no next. */
async function stepsOf(
  next: (soFar: readonly RampStep[]) => number | undefined,
  make: (connections: number) => Promise<RampStep>,
): Promise<RampStep[]> {
  const steps: RampStep[] = []
  for (let own = next(steps); own !== undefined; own = next(steps)) steps.push(await make(own))
  return steps
}

function rest(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, REST_MS))
}
