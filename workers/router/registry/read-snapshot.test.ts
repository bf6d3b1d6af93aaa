/** The registry's tables in a real D1, read at once and followed by their log: both must say the same. */
import * as fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'

import { contentOf, deployment, modelEntry } from './registry-fixture.ts'
import { RegistryReader } from './registry-reader.ts'
import { RegistryStore } from './registry-store.ts'
import { readSnapshot, type RowSource } from './read-snapshot.ts'
import { rollout } from '../rollout/rollout-fixture.ts'
import { RolloutStore } from '../rollout/rollout-store.ts'
import type { Snapshot } from './snapshot.ts'
import { startTestRouter, toneManifest, type TestRouter } from '../start-test-router.ts'
import { subjectOf } from '../verify/verification.ts'
import { VerificationStore } from '../verify/verification-store.ts'

vi.setConfig({ testTimeout: 60_000 })

const AUDIT = { actor: 'test', action: 'change', target: 'x' }

let router: TestRouter
let database: Awaited<ReturnType<TestRouter['database']>>
let reader: RegistryReader
let store: RegistryStore
let rollouts: RolloutStore

beforeAll(async () => {
  router = await startTestRouter()
  database = await router.database()
  reader = new RegistryReader({ DB: database })
  store = new RegistryStore({ DB: database })
  rollouts = new RolloutStore({ DB: database })
}, 60_000)
afterAll(() => router.stop())
beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => {}))

const run = (statement: string, ...values: unknown[]) =>
  database
    .prepare(statement)
    .bind(...values)
    .run()
const put = (node: string, overrides: Parameters<typeof deployment>[0] = {}) =>
  store.putDeployment(
    deployment({
      placement: 'native',
      transport: 'http',
      target: router.farUrl,
      ...overrides,
      node,
    }),
    AUDIT,
  )

/** What is read of the tables: pages, and steps of the log. */
function counted(source: RowSource = reader) {
  const reads = { pages: 0, steps: 0 }
  const of: RowSource = {
    readPosition: () => source.readPosition(),
    readPage(after) {
      reads.pages++
      return source.readPage(after)
    },
    readChanges(since) {
      reads.steps++
      return source.readChanges(since)
    },
  }
  return { reads, of }
}

async function expectSameAsStored(snapshot: Snapshot): Promise<void> {
  expect(contentOf(snapshot)).toEqual(contentOf(await reader.readSnapshot()))
}

const node = fc.constantFrom('a', 'b', 'c')
const id = node.map((own) => `tone@1/${own}`)
const manifest = modelEntry({ id: 'mood', capability: 'text-classification/mood' }).manifest

/** Changes as routers make them, and as somebody may who writes the tables by hand. */
const changes = fc.oneof(
  fc.record({ node, weight: fc.nat(3) }).map((own) => () => put(own.node, { weight: own.weight })),
  id.map((own) => () => store.deleteDeployment(own, AUDIT)),
  fc
    .record({
      deploymentId: id,
      metric: fc.constantFrom('accuracy', 'other'),
      value: fc.constantFrom(0.5, 0.75),
      samples: fc.constantFrom(null, 3),
    })
    .map((row) => () => store.addMeasurement(row, AUDIT)),
  fc
    .record({ node, state: fc.constantFrom('passed' as const, 'failed' as const, undefined) })
    .map((own) => async () => {
      const { deployments, models } = await reader.readSnapshot()
      const placed = deployments.find(({ id: known }) => known === `tone@1/${own.node}`)
      const model = models.get('tone@1')
      if (!placed || !model) return
      const verdict = {
        deploymentId: placed.id,
        subject: subjectOf(placed, model),
        state: own.state,
        detail: null,
        note: own.state === undefined ? 'late' : null,
        measured: [{ metric: 'accuracy', value: 1, samples: 3 }],
      }
      await new VerificationStore({ DB: database }).record(verdict, 1_000, AUDIT)
    }),
  fc
    .constantFrom('1', '2')
    .map((version) => () => store.addModelVersion({ ...manifest, version }, {}, AUDIT)),
  fc
    .constantFrom('a', 'b')
    .map((digest) => () => store.setArtefacts({ id: 'mood', version: '1' }, { m: digest }, AUDIT)),
  fc.constant(() => store.deleteModel('mood', AUDIT)),
  fc.uuid().map((own) => () => rollouts.start(rollout({ id: own, modelId: 'mood' }), AUDIT)),
  fc.constantFrom('rolled_back' as const, 'promoted' as const).map((state) => async () => {
    const [running] = await rollouts.running()
    if (running) await rollouts.settle(running.rollout.id, { state, reason: 'test' }, AUDIT)
  }),
  fc
    .uuid()
    .map(
      (own) => () =>
        store.addKey({ id: own, name: 'n', hash: own, scopes: ['infer'], expiresAt: null }, AUDIT),
    ),
  fc
    .constantFrom(
      'UPDATE deployments SET weight = weight + 1',
      "UPDATE deployments SET id = id || 'x' WHERE id LIKE '%/a%'",
      "UPDATE deployments SET state = 'broken' WHERE id LIKE '%/b'",
      "DELETE FROM deployments WHERE id LIKE '%/c'",
      "UPDATE measurements SET deployment_id = 'tone@1/b' WHERE deployment_id = 'tone@1/a'",
      'DELETE FROM measurements WHERE value > 0.6',
      "UPDATE api_keys SET hash = hash || 'x'",
      "UPDATE rollouts SET share = 'all'",
      'DELETE FROM rollouts',
      'DELETE FROM api_keys WHERE id = (SELECT min(id) FROM api_keys)',
      'INSERT OR REPLACE INTO deployments SELECT * FROM deployments',
      "UPDATE model_versions SET artefacts = json_object('m', hex(randomblob(2))) WHERE model_id = 'tone'",
      "UPDATE deployments SET target = target || 'x' WHERE id LIKE '%/a'",
      "UPDATE verifications SET state = 'odd' WHERE deployment_id LIKE '%/b'",
      'DELETE FROM verifications',
    )
    .map((statement) => () => run(statement)),
)

test('after any changes, what followed the log is what is read at once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(changes, { minLength: 1, maxLength: 4 }), { maxLength: 6 }),
      async (batches) => {
        let snapshot = await reader.readSnapshot()
        for (const batch of batches) {
          // one that is refused, such as of a version that is there, changes nothing
          for (const make of batch) await make().catch(() => {})
          const { reads, of } = counted()
          snapshot = await readSnapshot(of, snapshot)
          expect(reads).toEqual({ pages: 0, steps: 1 })
          await expectSameAsStored(snapshot)
        }
      },
    ),
    { numRuns: 10 },
  )
})

test('takes many changes in steps that are bounded', async () => {
  const snapshot = await reader.readSnapshot()
  const rows = `SELECT 'many-' || value AS id FROM json_each(?1)`
  await run(
    `INSERT INTO deployments (id, model_id, version, node, placement, transport, target, weight, state, updated_at)
     SELECT id, 'tone', '1', id, 'native', 'http', 'http://127.0.0.1:9', 1, 'ready', 0 FROM (${rows})`,
    JSON.stringify(Array.from({ length: 1_500 }, (_, i) => i)),
  )
  for (let i = 0; i < 25; i++) {
    await store.addModelVersion({ ...manifest, version: `7.${i}` }, {}, AUDIT)
  }
  const { reads, of } = counted()
  const followed = await readSnapshot(of, snapshot)
  expect(reads.pages).toBe(0)
  expect(reads.steps).toBeGreaterThan(2)
  await expectSameAsStored(followed)
})

test('reads page by page what one page does not hold, and each row once', async () => {
  const { reads, of } = counted()
  const snapshot = await readSnapshot(of)
  expect(reads.pages).toBeGreaterThan(1)
  // what the changes above have broken is left out
  const stored = await database
    .prepare("SELECT count(*) AS n FROM deployments WHERE state <> 'broken'")
    .first<number>('n')
  expect(snapshot.deployments.length).toBe(stored)
  expect(new Set(snapshot.deployments).size).toBe(stored)
})

test('misses nothing that changes while it reads, in pages that are read already or not yet', async () => {
  const { of } = counted({
    readPosition: () => reader.readPosition(),
    readChanges: (since) => reader.readChanges(since),
    async readPage(after) {
      const page = await reader.readPage(after)
      if (after.models?.modelId === '') {
        await put('aaa-after-its-page')
        await store.deleteDeployment('many-0', AUDIT)
        await run("UPDATE deployments SET weight = 9 WHERE id IN ('many-1', 'tone@1/far')")
        await store.deleteModel('mood', AUDIT)
      }
      return page
    },
  })
  const snapshot = await readSnapshot(of)
  expect(snapshot.deployments.map((own) => own.node)).toContain('aaa-after-its-page')
  expect(snapshot.versions.has('mood')).toBe(false)
  await expectSameAsStored(snapshot)
})

test('reads all when the log was pruned to after what it knows', async () => {
  const snapshot = await reader.readSnapshot()
  await put('unseen')
  await run('DELETE FROM registry_changes WHERE id <= ?', snapshot.position?.id)
  const { reads, of } = counted()
  const now = await readSnapshot(of, snapshot)
  expect(reads.pages).toBeGreaterThan(0)
  await expectSameAsStored(now)
})

test('reads all when the database was restored and then took another course', async () => {
  await put('before-both')
  const before = await reader.readPosition()
  await put('one-course')
  const snapshot = await reader.readSnapshot()
  // as though the last change had never been, and another had come instead
  await run('DELETE FROM registry_changes WHERE id > ?', before.id)
  await put('other-course')
  expect((await reader.readPosition()).id).toBe(snapshot.position?.id)
  const { reads, of } = counted()
  const now = await readSnapshot(of, snapshot)
  expect(reads.pages).toBeGreaterThan(0)
  await expectSameAsStored(now)
})

test('keeps the latest ten thousand entries of the log', async () => {
  await run(
    `INSERT INTO registry_changes (kind, key) SELECT 'deployment', 'none' FROM json_each(?)`,
    JSON.stringify(Array.from({ length: 10_500 }, (_, i) => i)),
  )
  const kept = await database
    .prepare('SELECT count(*) AS n, max(id) - min(id) AS span FROM registry_changes')
    .first()
  expect(kept).toEqual({ n: 10_000, span: 9_999 })
})

test('gives up with a reason where the log is cut off each time it has read all', async () => {
  const broken: RowSource = {
    readPosition: () => reader.readPosition(),
    readPage: (after) => reader.readPage(after),
    readChanges: async () => undefined,
  }
  await expect(readSnapshot(broken)).rejects.toThrow('changed faster than it could be read')
})

test('leaves out a version whose manifest is of another, and what was measured in words', async () => {
  const json = JSON.stringify({ ...toneManifest, version: '5' })
  await run(
    `INSERT INTO model_versions (model_id, version, manifest, artefacts, license, created_at)
     VALUES ('tone', '6', ?, '{}', 'MIT', 0)`,
    json,
  )
  for (const [metric, value] of [
    ['words', "'good'"],
    ['blob', "x'00'"],
    ['endless', '9e999'],
    ['well', '0.5'],
  ]) {
    await run(
      `INSERT INTO measurements (deployment_id, metric, value, measured_at)
       VALUES ('tone@1/far', '${metric}', ${value}, 1)`,
    )
  }
  const snapshot = await reader.readSnapshot()
  expect(Array.from(snapshot.models.keys()).filter((key) => key.startsWith('tone'))).toEqual([
    'tone@1',
  ])
  const measured = snapshot.measurementsOf.get('tone@1')
  const rows = measured?.find(({ deploymentId }) => deploymentId === 'tone@1/far')?.rows
  expect(rows?.map(({ metric }) => metric)).toEqual(['well'])
})

test('a blob in one rollout costs nobody else the registry', async () => {
  await store.addModelVersion({ ...manifest, version: '3' }, {}, AUDIT).catch(() => {})
  await store.addModelVersion({ ...manifest, version: '4' }, {}, AUDIT).catch(() => {})
  await run("DELETE FROM rollouts WHERE model_id = 'mood'")
  const own = { modelId: 'mood', stable: '3', candidate: '4' }
  await rollouts.start(rollout({ ...own, id: 'well' }), AUDIT)
  await run(
    `INSERT INTO rollouts SELECT 'blob', model_id, '4', '3', share, mirror, 'held', max_disagreement, max_failures,
       max_latency_ratio, tolerance, error_rate, max_pairs, started_at, expires_at, decided_at, x'ff'
     FROM rollouts WHERE id = 'well'`,
  )
  const snapshot = await reader.readSnapshot()
  expect(snapshot.rollouts.get('mood')?.map(({ id: of }) => of)).toContain('well')
})
