import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { runWorker, type RunningWorker } from '../scripts/mesh/run-worker.ts'
import { startMesh, type Mesh } from '../scripts/mesh/start-mesh.ts'
import { OUTPUT_DIR, ROOT } from '../scripts/paths.ts'
import { expectProblem } from './model-contract.ts'
import { nodeClient } from './node-client.ts'

const OUTPUT = join(OUTPUT_DIR, 'test-runtime-cut')
const TEXT = 'Ceci est une phrase écrite en français.'
const TEXT_TYPE = { 'content-type': 'text/plain' }

let mesh: Mesh
let short: RunningWorker

beforeAll(async () => {
  await rm(OUTPUT, { recursive: true, force: true })
  mesh = await startMesh({
    port: 0,
    outputDir: OUTPUT,
    ids: ['language-id'],
    // its runtime fails on purpose
    verification: 'off',
    log: () => {},
  })
  short = await runWorker({
    configPath: join(ROOT, 'test', 'fixtures', 'short-runtime', 'wrangler.toml'),
    port: 0,
    readyPath: '/v2/health/live',
    registryDir: join(OUTPUT, 'short-workers'),
    vars: { ROUTER_PUBLIC_KEY: mesh.secrets.publicKey },
  })
  // the only edge deployment is the one that can't answer
  const { deployments } = await mesh.admin.deployments()
  for (const { id, node } of deployments)
    if (node === 'mesh-language-id') await mesh.admin.deleteDeployment(id)
  await mesh.admin.putDeployment({
    model: 'language-id',
    version: '1',
    node: 'mesh-language-id',
    placement: 'edge',
    transport: 'http',
    target: short.url,
  })
})
afterAll(() => Promise.all([short.stop(), mesh.stop()]))

test('a runtime that was cut too far says how to recalibrate, drops its instance and counts it', async () => {
  const node = nodeClient('mesh-language-id', short.url, mesh.secrets.signingKey)
  const problem = await expectProblem(
    node.post('/models/language-id', TEXT, TEXT_TYPE),
    500,
    'runtime_cut',
  )
  expect(problem).toMatchObject({ retryable: true })
  expect(problem.detail).toMatch(/examples in manifest.json.*npm run build -- language-id/)
  await expectProblem(node.post('/models/language-id', TEXT, TEXT_TYPE), 500, 'runtime_cut')
  expect(await (await node.get('/')).json()).toMatchObject({
    models: [{ state: 'idle', cuts: 2, traps: 0 }],
  })
})

test('the request is still answered, by the next candidate, and the route tells', async () => {
  const response = await fetch(`${mesh.url}/infer/text-classification/language`, {
    method: 'POST',
    headers: { ...TEXT_TYPE, authorization: `Bearer ${mesh.secrets.inferKey}` },
    body: TEXT,
  })
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual(
    expect.arrayContaining([expect.objectContaining({ label: 'fra' })]),
  )
  expect(response.headers.get('mesh-route')).toMatch(
    /^edge\/mesh-language-id;language-id@1;runtime_cut;[\d.]+ms, native\/native;language-id@1;ok;/,
  )
})
