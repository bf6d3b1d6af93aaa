/** Processes of a real mesh die, or trap, while requests stream in. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { runNativeNode, type RunningNode } from '../../scripts/mesh/run-native-node.ts'
import { runWorker } from '../../scripts/mesh/run-worker.ts'
import { startMesh, type Mesh } from '../../scripts/mesh/start-mesh.ts'
import { OUTPUT_DIR, ROOT } from '../../scripts/paths.ts'
import { recoveryOf } from './recovery.ts'
import { startStream, type Send, type Stream } from './steady-stream.ts'

const OUTPUT = join(OUTPUT_DIR, 'test-process-faults')
/** Quick enough that some are always under way. */
const EVERY_MS = 30
const WARM_UP_MS = 1_500
const AFTER_MS = 1_500
/** A breaker is open for 5 s, starting takes its time, and that a node was late is forgotten within half a minute. */
const BACK_WITHIN_MS = 60_000
/** A test may wait twice. */
vi.setConfig({ testTimeout: 150_000 })
const EDGE = 'mesh-language-id'
const TEXT = 'Ceci est une phrase écrite en français.'

let mesh: Mesh

beforeAll(async () => {
  await rm(OUTPUT, { recursive: true, force: true })
  mesh = await startMesh({
    port: 0,
    outputDir: OUTPUT,
    ids: ['language-id'],
    // nodes that fail on purpose are to be asked
    verification: 'off',
    log: () => {},
  })
})
afterAll(() => mesh.stop())

function sender(headers: Record<string, string> = {}): Send {
  return async () => {
    const response = await fetch(`${mesh.url}/infer/text-classification/language`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${mesh.secrets.inferKey}`,
        'content-type': 'text/plain',
        'cache-control': 'no-store',
        'mesh-deadline-ms': '8000',
        ...headers,
      },
      body: TEXT,
    })
    const { status } = response
    return { status, headers: response.headers, body: await response.json() }
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const lost = ({ outcomes }: Stream) => outcomes.filter(({ status }) => status !== 200)
const untilBack = ({ outcomes }: Stream, node: string) =>
  expect.poll(() => outcomes.at(-1)?.node, { timeout: BACK_WITHIN_MS, interval: 50 }).toBe(node)

test('a model Worker is killed while it answers, and comes back', async ({ task }) => {
  const pid = mesh.models.get('language-id')?.pid
  if (pid === undefined || pid === process.pid) throw new Error('the Worker has a process')
  const stream = startStream(sender(), EVERY_MS)
  await sleep(WARM_UP_MS)
  await untilBack(stream, EDGE)
  const beganAt = performance.now()
  process.kill(pid, 'SIGKILL')
  await sleep(AFTER_MS)
  await untilBack(stream, EDGE)
  await stream.stop()
  task.meta.recovery = recoveryOf(stream.outcomes, { node: EDGE, beganAt, healedAt: beganAt })
  expect(lost(stream)).toEqual([])
})

test('one of two native nodes is killed and started again', async ({ task }) => {
  const options = { ROUTER_PUBLIC_KEY: mesh.secrets.publicKey, MODELS: 'language-id' }
  const second = await runNativeNode({ ...options, NODE_ID: 'native-2' })
  let again: RunningNode | undefined
  try {
    await mesh.admin.putDeployment({
      model: 'language-id',
      version: '1',
      node: 'native-2',
      placement: 'native',
      transport: 'http',
      target: second.url,
    })
    const stream = startStream(sender({ 'mesh-placement': 'native' }), EVERY_MS)
    await sleep(WARM_UP_MS)
    await untilBack(stream, 'native')
    const beganAt = performance.now()
    await mesh.native.kill()
    await sleep(AFTER_MS)
    again = await runNativeNode({ ...options, PORT: new URL(mesh.native.url).port })
    const healedAt = performance.now()
    await untilBack(stream, 'native')
    await stream.stop()
    task.meta.recovery = recoveryOf(stream.outcomes, {
      node: 'native',
      beganAt,
      countedUntil: healedAt,
      healedAt,
    })
    expect(lost(stream)).toEqual([])
    expect(new Set(stream.outcomes.map(({ node }) => node))).toEqual(
      new Set(['native', 'native-2']),
    )
  } finally {
    await Promise.all([second.stop(), again?.stop()])
  }
})

test('all that serve a placement are dead: a typed error, at once', async () => {
  const started = performance.now()
  const { status, body } = await sender({ 'mesh-placement': 'native' })()
  expect({ status, body }).toMatchObject({ status: 503, body: { code: 'unreachable' } })
  expect(performance.now() - started).toBeLessThan(5_000)
})

test('a Worker whose runtime traps on every call', async ({ task }) => {
  const native = await runNativeNode({
    ROUTER_PUBLIC_KEY: mesh.secrets.publicKey,
    MODELS: 'language-id',
    PORT: new URL(mesh.native.url).port,
  })
  const trapping = await runWorker({
    configPath: join(ROOT, 'test', 'fixtures', 'short-runtime', 'wrangler.toml'),
    port: 0,
    readyPath: '/v2/health/live',
    registryDir: join(OUTPUT, 'trapping'),
    vars: { ROUTER_PUBLIC_KEY: mesh.secrets.publicKey },
  })
  try {
    const stream = startStream(sender(), EVERY_MS)
    await sleep(WARM_UP_MS)
    const beganAt = performance.now()
    await mesh.admin.putDeployment({
      model: 'language-id',
      version: '1',
      node: EDGE,
      placement: 'edge',
      transport: 'http',
      target: trapping.url,
      state: 'ready',
    })
    const failing = () => stream.outcomes.filter(({ failed }) => failed.includes(EDGE)).length
    await expect.poll(failing, { timeout: BACK_WITHIN_MS }).toBeGreaterThan(0)
    await untilBack(stream, 'native')
    await stream.stop()
    task.meta.recovery = recoveryOf(stream.outcomes, { node: EDGE, beganAt })
    expect(lost(stream)).toEqual([])
  } finally {
    await Promise.all([native.stop(), trapping.stop()])
  }
})
