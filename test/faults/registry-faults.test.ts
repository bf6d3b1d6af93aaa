/** The registry fails, is poisoned, or is written by two at once, while requests stream in. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { deployment } from '../../workers/router/registry/registry-fixture.ts'
import { RegistryReader } from '../../workers/router/registry/registry-reader.ts'
import { RegistryStore } from '../../workers/router/registry/registry-store.ts'
import {
  startTestRouter,
  toneManifest,
  type TestRouter,
} from '../../workers/router/start-test-router.ts'
import { recoveryOf } from './recovery.ts'
import { startStream, type Send } from './steady-stream.ts'

const EVERY_MS = 40
/** A snapshot is used unchecked for 2 s; an outage must be longer to be noticed. */
const OUTAGE_MS = 5_000
const BACK_WITHIN_MS = 10_000
const PAIRS = 10
const NODE = 'far'

let router: TestRouter
let database: Awaited<ReturnType<TestRouter['database']>>

beforeAll(async () => {
  router = await startTestRouter()
  database = await router.database()
})
afterAll(() => router.stop())

const send: Send = () => router.infer({ 'mesh-deadline-ms': '8000', 'cache-control': 'no-store' })
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const health = async () => (await router.send('/health')).body

async function run(...statements: string[]): Promise<void> {
  for (const statement of statements) await database.prepare(statement).run()
}
const placed = (node: string) =>
  deployment({ node, placement: 'native', transport: 'http', target: router.farUrl })
const bump = 'UPDATE registry_meta SET version = version + 1'

test('D1 is gone for a while: answers go on, changes are refused typed, then all is well', async ({
  task,
}) => {
  const stream = startStream(send, EVERY_MS)
  await sleep(500)
  const beganAt = performance.now()
  await run(
    'ALTER TABLE registry_meta RENAME TO gone_meta',
    'ALTER TABLE deployments RENAME TO gone_deployments',
  )
  await sleep(OUTAGE_MS)
  expect(await health()).toMatchObject({ status: 'degraded', registry: { failing: true } })
  const refused = await router.admin('POST', '/keys', { name: 'no', scopes: ['infer'] })
  expect(refused).toMatchObject({ status: 503, body: { code: 'registry_unavailable' } })
  const healedAt = performance.now()
  await run(
    'ALTER TABLE gone_meta RENAME TO registry_meta',
    'ALTER TABLE gone_deployments RENAME TO deployments',
  )
  await expect
    .poll(health, { timeout: BACK_WITHIN_MS, interval: 100 })
    .toMatchObject({ status: 'ok' })
  const wellAgainAt = performance.now()
  await stream.stop()
  task.meta.recovery = {
    ...recoveryOf(stream.outcomes, { node: NODE, beganAt }),
    usedAgainAfterMs: wellAgainAt - healedAt,
  }
  expect(stream.outcomes.filter(({ status }) => status !== 200)).toEqual([])
})

test('rows that cannot be read are left out; what is well stays, in this isolate and in a new one', async ({
  task,
}) => {
  const stream = startStream(send, EVERY_MS)
  await sleep(500)
  const beganAt = performance.now()
  const version = (id: string, manifest: string, artefacts = '{}') =>
    `INSERT INTO model_versions (model_id, version, manifest, artefacts, license, created_at)
     VALUES ('tone', '${id}', '${manifest}', '${artefacts}', 'MIT', 0)`
  const misplaced = (id: string, values: string) =>
    `INSERT INTO deployments (id, model_id, version, node, target, updated_at, placement, transport, weight, state)
     VALUES ('${id}', 'tone', '1', '${id}', 'http://127.0.0.1:9', 0, ${values})`
  await run(
    version('poison-1', JSON.stringify(toneManifest).replaceAll("'", "''"), '{"model.onnx":'),
    version('poison-2', '{"id":"tone","version":"poison-2"}'),
    version('poison-3', 'null'),
    misplaced('poison-a', "'edge', 'carrier-pigeon', 1, 'ready'"),
    misplaced('poison-b', "'edge', 'http', 'heavy', 'ready'"),
    misplaced('poison-c', "'edge', 'http', 9e999, 'ready'"),
    misplaced('poison-d', "'moon', 'http', 1, 'ready'"),
    `INSERT INTO api_keys (id, name, hash, scopes, created_at) VALUES ('poison', 'p', 'x', 'every', 0)`,
    bump,
  )
  const added = await router.admin('POST', '/deployments', router.place({ node: 'after' }))
  expect(added.status).toBe(201)
  await sleep(3_000)
  await stream.stop()
  task.meta.recovery = recoveryOf(stream.outcomes, { node: 'poison', beganAt })
  expect(stream.outcomes.filter(({ status }) => status !== 200)).toEqual([])
  const asked = stream.outcomes.flatMap(({ failed }) => failed)
  expect(asked.filter((node) => node.startsWith('poison'))).toEqual([])
  expect(await health()).toMatchObject({ status: 'ok' })

  const complaints = vi.spyOn(console, 'error').mockImplementation(() => {})
  const fresh = await new RegistryReader({ DB: database }).readSnapshot()
  expect(Array.from(fresh.models.keys())).toEqual(['tone@1'])
  expect(fresh.deployments.map(({ node }) => node)).toEqual(['after', 'far'])
  expect(complaints).toHaveBeenCalledTimes(8)
  expect(complaints.mock.calls.flat().join(' ')).toContain('poison-2')
  complaints.mockRestore()
})

test('two write at once: each change is whole or refused as a conflict, none is lost', async ({
  task,
}) => {
  const stream = startStream(send, EVERY_MS)
  await sleep(300)
  const beganAt = performance.now()
  const other = new RegistryStore({ DB: database })
  const reader = new RegistryReader({ DB: database })
  const before = await reader.readVersion()
  const audit = { actor: 'other', action: 'put', target: 'x' }
  const writes = (i: number) => [
    // one router, over HTTP
    router
      .admin('POST', '/deployments', router.place({ node: `shared-${i}`, placement: 'edge' }))
      .then(({ status }) => status < 300),
    // another, at the same rows
    other.putDeployment(placed(`shared-${i}`), audit).then(() => true),
    // and both add one version, which only one can
    other.addModelVersion({ ...toneManifest, version: `9${i}` }, {}, audit).then(
      () => true,
      (err: unknown) => {
        expect(err).toMatchObject({ code: 'conflict' })
        return false
      },
    ),
    router
      .admin('POST', '/models', { manifest: { ...toneManifest, version: `9${i}`, title: 'B' } })
      .then(({ status, body }) => {
        if (status >= 300) expect(body.code).toBe('conflict')
        return status < 300
      }),
  ]
  const done: boolean[] = []
  for (let i = 0; i < PAIRS; i++) done.push(...(await Promise.all(writes(i))))
  const stored = await reader.readSnapshot()
  expect(stored.version - before).toBe(done.filter(Boolean).length)
  expect(
    Array.from(stored.models.values()).filter(({ manifest }) => manifest.version.startsWith('9')),
  ).toHaveLength(PAIRS)
  expect(stored.deployments.filter(({ node }) => node.startsWith('shared'))).toHaveLength(PAIRS)
  // what the other wrote last reaches the router by itself
  await other.putDeployment(placed('last'), audit)
  const writtenAt = performance.now()
  await expect
    .poll(async () => JSON.stringify((await router.send('/topology')).body), {
      timeout: BACK_WITHIN_MS,
      interval: 100,
    })
    .toContain('"last"')
  const seenAt = performance.now()
  await stream.stop()
  task.meta.recovery = {
    ...recoveryOf(stream.outcomes, { node: NODE, beganAt }),
    usedAgainAfterMs: seenAt - writtenAt,
  }
  expect(stream.outcomes.filter(({ status }) => status !== 200)).toEqual([])
})
