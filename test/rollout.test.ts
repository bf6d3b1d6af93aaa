/** A bad version of a real model is deployed beside the good one and rolled back, and no caller ever hears of it. */
import { join } from 'node:path'

import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { z } from 'zod'

import { parseManifest } from '#shared/manifest.ts'

import { AdminClient } from '../scripts/mesh/admin-client.ts'
import { runWorker, type RunningWorker } from '../scripts/mesh/run-worker.ts'
import { OUTPUT_DIR, ROOT } from '../scripts/paths.ts'
import { lateManifest } from './fixtures/late-model/late-manifest.ts'
import { worseManifest } from './fixtures/worse-model/worse-manifest.ts'
import { meshClient } from './mesh-client.ts'

const MOST_REQUESTS = 200

const mesh = inject('mesh')
const admin = new AdminClient(mesh.url, mesh.adminKey)
const { post, get } = meshClient(mesh)
const texts = lateManifest.examples.map(({ input, expected }) => ({
  text: input.text,
  label: expected[0]?.label,
}))

const Rollouts = z.object({
  rollouts: z.array(
    z.looseObject({
      state: z.string(),
      reason: z.string().nullable(),
      evidence: z.looseObject({ pairs: z.number(), disagreements: z.number() }),
    }),
  ),
})

let workers: RunningWorker[] = []

beforeAll(async () => {
  const run = (fixture: string) =>
    runWorker({
      configPath: join(ROOT, 'test', 'fixtures', fixture, 'wrangler.toml'),
      port: 0,
      readyPath: '/v2/health/live',
      registryDir: join(OUTPUT_DIR, 'test', `${fixture}-workers`),
      vars: { ROUTER_PUBLIC_KEY: mesh.publicKey },
    })
  workers = [await run('late-model'), await run('worse-model')]
  await admin.putModel(parseManifest(lateManifest, 'late-model'), {})
  await deploy('1', workers[0])
})
afterAll(async () => {
  await admin.deleteModel('late-model')
  for (const worker of workers) await worker.stop()
})

async function deploy(version: string, worker: RunningWorker | undefined): Promise<void> {
  await admin.putDeployment({
    model: 'late-model',
    version,
    node: 'mesh-late-model',
    placement: 'edge',
    transport: 'http',
    target: worker?.url ?? '',
  })
}

async function ask(i: number): Promise<void> {
  const { text = '', label } = texts[i % texts.length] ?? {}
  // a text of its own each time, as callers have them
  const response = await post('/infer/text-classification/late-language', `${text} ${i}`)
  expect(response.status).toBe(200)
  expect(response.headers.get('mesh-model')).toBe('late-model@1')
  const [best] = z.array(z.object({ label: z.string() })).parse(await response.json())
  expect(best?.label).toBe(label)
}

async function shown() {
  const response = await get('/admin/rollouts/late-model', mesh.adminKey)
  const [only] = Rollouts.parse(await response.json()).rollouts
  if (!only) throw new Error('there is no rollout')
  return only
}

test('a bad version of a model is rolled back by what it answers, while every caller gets the right answers', async () => {
  await admin.putModel(parseManifest(worseManifest, 'late-model'), {})
  const started = await fetch(`${mesh.url}/admin/rollouts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${mesh.adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'late-model', stable: '1', candidate: '2' }),
  })
  expect(started.status).toBe(201)
  await deploy('2', workers[1])

  let rollout = await shown()
  for (let i = 0; i < MOST_REQUESTS && rollout.state === 'running'; i++) {
    await ask(i)
    rollout = await shown()
  }
  expect(rollout).toMatchObject({
    state: 'rolled_back',
    reason: expect.stringContaining('answers that differ'),
    evidence: { lastDisagreement: { reason: 'the first label is another' } },
  })
  expect(rollout.evidence.pairs).toBeGreaterThanOrEqual(20)
  expect(rollout.evidence.disagreements).toBe(rollout.evidence.pairs)

  for (let i = 0; i < texts.length; i++) await ask(i)
  const pinned = await post('/infer/text-classification/late-language', texts[0]?.text ?? '', {
    'mesh-model': 'late-model@2',
  })
  expect(pinned.headers.get('mesh-route')).toContain(';pinned')
})
