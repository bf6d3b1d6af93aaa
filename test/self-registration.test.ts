/** A native node that registers itself, as a process of its own, with a router in workerd. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { freePort } from '../scripts/mesh/run-worker.ts'
import { runNativeNode, type RunningNode } from '../scripts/mesh/run-native-node.ts'
import { MODELS_DIR } from '../scripts/paths.ts'
import { startTestRouter, type TestRouter } from '../workers/router/start-test-router.ts'

const MODEL = 'language-id'
const PATH = '/infer/text-classification/language'
const TEXT = 'Ceci est une phrase écrite en français.'
const LEASE_SECONDS = 10
/** A snapshot is used unchecked for 2 s, and a node tries again after a second or two. */
const SEEN_WITHIN = { timeout: 20_000, interval: 100 }

let router: TestRouter
let env: Record<string, string>
let node: RunningNode

beforeAll(async () => {
  router = await startTestRouter()
  const { body } = await router.admin('POST', '/keys', { name: 'node', scopes: ['register'] })
  env = {
    MODELS: MODEL,
    NODE_ID: 'own',
    PORT: String(await freePort()),
    ROUTER_PUBLIC_KEY: router.publicKey,
    ROUTER_URL: router.url,
    REGISTER_KEY: String(body.key),
    LEASE_SECONDS: String(LEASE_SECONDS),
  }
  node = await runNativeNode(env)
}, 60_000)
afterAll(async () => {
  await node.stop()
  await router.stop()
})

const infer = () =>
  router.send(PATH, {
    method: 'POST',
    key: router.inferKey,
    headers: { 'content-type': 'text/plain' },
    body: TEXT,
  })
const status = async () => (await infer()).status
const code = async () => (await infer()).body.code
const stored = async () => {
  const { body } = await router.admin('GET', '/deployments')
  const { deployments } = body as { deployments: { node: string; state: string }[] } // as: the router's own
  return deployments.find((own) => own.node === 'own')
}

test('serves on while the router refuses it, and registers once it may', async () => {
  expect((await fetch(`${node.url}/v2/health/ready`)).status).toBe(200)
  expect(await stored()).toBeUndefined()
  const path = join(MODELS_DIR, MODEL, 'manifest.json')
  const manifest: unknown = JSON.parse(await readFile(path, 'utf8'))
  expect((await router.admin('POST', '/models', { manifest })).status).toBe(201)
  await expect.poll(stored, SEEN_WITHIN).toMatchObject({ state: 'ready' })
  // the router asked for the model before it sends the first request
  const descriptor: unknown = await (await fetch(node.url)).json()
  expect(descriptor).toMatchObject({ models: [{ id: MODEL, state: 'loaded' }] })
  await expect.poll(status, SEEN_WITHIN).toBe(200)
  expect(await stored()).toMatchObject({ state: 'ready', leaseSeconds: LEASE_SECONDS })
})

test('renews its lease for as long as it runs', async () => {
  const until = Date.now() + 1.5 * LEASE_SECONDS * 1_000
  const seen = new Set<number>()
  while (Date.now() < until) seen.add(await status())
  expect(seen).toEqual(new Set([200]))
})

test('takes no traffic once its lease is over when it dies, and comes back when it is restarted', async () => {
  await node.kill()
  await expect.poll(code, { timeout: 2 * LEASE_SECONDS * 1_000 }).toBe('no_deployment')
  expect(JSON.stringify((await infer()).body)).toMatch(/its lease expired \d+ s ago/)
  node = await runNativeNode(env)
  await expect.poll(status, SEEN_WITHIN).toBe(200)
})

test('loses no request when it is told to stop, while another can answer, and is drained', async () => {
  const other = await runNativeNode({ ...env, NODE_ID: 'other', PORT: '0' })
  try {
    const nodes = async () => JSON.stringify((await router.admin('GET', '/deployments')).body)
    await expect.poll(nodes, SEEN_WITHIN).toContain('"node":"other"')
    const stopping = new AbortController()
    const answers: { status: number; node: string | null }[] = []
    const stream = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (!stopping.signal.aborted) {
          const { status: given, headers } = await infer()
          answers.push({ status: given, node: headers.get('mesh-node') })
        }
      }),
    )
    const seen = () => new Set(answers.map((own) => own.node))
    await expect.poll(seen, SEEN_WITHIN).toEqual(new Set(['own', 'other']))
    await node.stop()
    stopping.abort()
    await stream
    expect(answers.filter((own) => own.status !== 200)).toEqual([])
    expect(await stored()).toMatchObject({ state: 'draining', removeAt: expect.any(Number) })
  } finally {
    await other.stop()
  }
})

test('is taken back when it is started again meanwhile', async () => {
  node = await runNativeNode(env)
  await expect.poll(stored, SEEN_WITHIN).toMatchObject({ state: 'ready', removeAt: null })
  await expect.poll(status, SEEN_WITHIN).toBe(200)
})
