import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'

import { parseManifest } from '#shared/manifest.ts'

import { AdminClient } from '../scripts/mesh/admin-client.ts'
import { runWorker, type RunningWorker } from '../scripts/mesh/run-worker.ts'
import { OUTPUT_DIR, ROOT } from '../scripts/paths.ts'
import { lateManifest } from './fixtures/late-model/late-manifest.ts'
import { meshClient } from './mesh-client.ts'
import { expectProblem } from './model-contract.ts'

const mesh = inject('mesh')
const admin = new AdminClient(mesh.url, mesh.adminKey)
const { post } = meshClient(mesh)
const TEXT = 'Ceci est une phrase écrite en français.'

describe('a model that comes while the router runs', () => {
  let late: RunningWorker
  const deployment = {
    model: 'late-model',
    version: '1',
    node: 'mesh-late-model',
    placement: 'edge',
    transport: 'http',
  } as const

  beforeAll(async () => {
    late = await runWorker({
      configPath: join(ROOT, 'test', 'fixtures', 'late-model', 'wrangler.toml'),
      port: 0,
      readyPath: '/v2/health/live',
      registryDir: join(OUTPUT_DIR, 'test', 'late-workers'),
      vars: { ROUTER_PUBLIC_KEY: mesh.publicKey },
    })
  })
  afterAll(() => late.stop())

  test('answers nobody but the router', async () => {
    const direct = fetch(`${late.url}/models/late-model`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: TEXT,
    })
    await expectProblem(direct, 401, 'unauthenticated')
  })

  test('is reachable once it is registered, without a restart', async () => {
    const path = '/infer/text-classification/late-language'
    await expectProblem(post(path, TEXT), 404, 'capability_unknown')
    await admin.putModel(parseManifest(lateManifest, 'late-model'), {})
    await expectProblem(post(path, TEXT), 503, 'no_deployment')
    await admin.putDeployment({ ...deployment, target: late.url })
    const response = await post(path, TEXT)
    expect(response.headers.get('mesh-node')).toBe('mesh-late-model')
    expect(await response.json()).toEqual(
      expect.arrayContaining([expect.objectContaining({ label: 'fra' })]),
    )
  })

  test('is refused a target that is no public https host', async () => {
    for (const target of [
      'http://example.org',
      'https://10.0.0.1',
      'https://169.254.169.254',
      'https://u:p@example.org',
      'ftp://example.org',
      'https://[fd00::1]',
    ]) {
      await expect(admin.putDeployment({ ...deployment, target }), target).rejects.toThrow(/400/)
    }
  })

  test('cannot be deleted while deployed, nor registered twice in two shapes', async () => {
    const send = (method: string, path: string, body?: unknown) =>
      fetch(`${mesh.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${mesh.adminKey}`, 'content-type': 'application/json' },
        body: body === undefined ? null : JSON.stringify(body),
      })
    await expectProblem(send('DELETE', '/admin/models/late-model'), 409, 'conflict')
    await expectProblem(
      send('POST', '/admin/models', { manifest: { ...lateManifest, title: 'Other' } }),
      409,
      'conflict',
    )
    const problem = await expectProblem(
      send('POST', '/admin/models', { manifest: { ...lateManifest, extra: 1 } }),
      400,
      'invalid_request',
    )
    expect(problem.detail).toContain('extra')
    await expectProblem(
      send('POST', '/admin/deployments', { ...deployment, model: 'nothing', target: late.url }),
      404,
      'model_unknown',
    )
    expect((await send('POST', '/admin/models', { manifest: lateManifest })).status).toBe(200)
  })
})
