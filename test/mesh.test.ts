import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { z } from 'zod'

import { parseManifest } from '#shared/manifest.ts'
import { findDifference } from '#shared/within-tolerance.ts'

import { AdminClient } from '../scripts/mesh/admin-client.ts'
import { exampleInput } from '../scripts/mesh/example-input.ts'
import { runWorker, type RunningWorker } from '../scripts/mesh/run-worker.ts'
import { MODELS_DIR, OUTPUT_DIR, ROOT } from '../scripts/paths.ts'
import { readModelFolders } from '../workers/native/model-folders.ts'
import { lateManifest } from './fixtures/late-model/late-manifest.ts'
import { expectProblem } from './model-contract.ts'

const mesh = inject('mesh')
const admin = new AdminClient(mesh.url, mesh.adminKey)
const LANGUAGE = '/infer/text-classification/language'
const TEXT = 'Ceci est une phrase écrite en français.'

const Named = z.array(z.looseObject({ id: z.string() }))

function post(
  path: string,
  body: BodyInit,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${mesh.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${mesh.inferKey}`, 'content-type': 'text/plain', ...headers },
    body,
  })
}

function get(path: string, key = mesh.inferKey): Promise<Response> {
  return fetch(`${mesh.url}${path}`, { headers: { authorization: `Bearer ${key}` } })
}

describe('the public endpoint', () => {
  for (const folder of readModelFolders(MODELS_DIR)) {
    const { capability, examples, placement } = folder.manifest
    test(`answers ${capability} and says who did`, async () => {
      for (const example of examples) {
        const input = await exampleInput(example, folder, join(OUTPUT_DIR, 'cache'))
        const response = await post(`/infer/${capability}`, Buffer.from(input.bytes), {
          'content-type': input.mediaType,
        })
        expect(
          findDifference(await response.json(), example.expected, example.tolerance),
        ).toBeUndefined()
        expect(response.headers.get('mesh-model')).toBe(`${folder.id}@${folder.manifest.version}`)
        expect(response.headers.get('mesh-node')).toBe(
          placement.includes('edge') ? `mesh-${folder.id}` : 'native',
        )
        expect(response.headers.get('mesh-route')).toMatch(/;ok;[\d.]+ms$/)
      }
    })
  }

  test('answers the same through the envelope', async () => {
    const body = {
      capability: 'text-classification/language',
      inputs: TEXT,
      parameters: { top_k: 1 },
    }
    const response = await post('/infer', JSON.stringify(body))
    expect(await response.json()).toEqual([{ label: 'fra', score: expect.closeTo(1, 1) }])
  })

  test('refuses an envelope with an unknown field or a wrong capability', async () => {
    const body = { capability: 'text-classification/language', inputs: TEXT, extra: 1 }
    const problem = await expectProblem(
      post('/infer', JSON.stringify(body)),
      400,
      'invalid_request',
    )
    expect(problem.detail).toContain('extra')
    await expectProblem(
      post('/infer', JSON.stringify({ capability: 'nonsense', inputs: TEXT })),
      400,
      'invalid_request',
    )
  })

  test('gives every answer an id, a trace and timings, and keeps those the caller sent', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
    const response = await post(LANGUAGE, TEXT, {
      'x-request-id': 'mine-1',
      traceparent: `00-${trace}-00f067aa0ba902b7-01`,
    })
    expect(response.headers.get('x-request-id')).toBe('mine-1')
    expect(response.headers.get('traceparent')).toMatch(
      new RegExp(`^00-${trace}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`),
    )
    expect(response.headers.get('server-timing')).toMatch(/total;dur=.*attempt1;dur=/)
    const refused = await post('/infer/nothing/here', TEXT, { 'x-request-id': 'bad id\u00e9' })
    expect(refused.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/)
    expect(refused.headers.get('traceparent')).toMatch(/^00-/)
  })

  test('names the nearest capabilities when there is no such one', async () => {
    const problem = await expectProblem(
      post('/infer/text-classification/langage', TEXT),
      404,
      'capability_unknown',
    )
    expect(problem.nearest).toContain('text-classification/language')
  })

  test("passes a caller's own error on without asking another node", async () => {
    const response = await post(LANGUAGE, '12345')
    expect(response.headers.get('mesh-route')).toMatch(
      /^edge\/mesh-language-id;language-id@1;invalid_input;[\d.]+ms$/,
    )
    await expectProblem(Promise.resolve(response), 422, 'invalid_input')
  })

  test('keeps to the placement and the model the caller asks for', async () => {
    const native = await post(LANGUAGE, TEXT, { 'mesh-placement': 'native' })
    expect(native.headers.get('mesh-node')).toBe('native')
    await expectProblem(post(LANGUAGE, TEXT, { 'mesh-model': 'email-spam' }), 404, 'model_unknown')
    await expectProblem(post(LANGUAGE, TEXT, { 'mesh-placement': 'moon' }), 400, 'invalid_request')
    await expectProblem(post(LANGUAGE, TEXT, { 'mesh-deadline-ms': '-5' }), 400, 'invalid_request')
  })

  test('refuses 50 MB without reading them', async () => {
    await expectProblem(post(LANGUAGE, new Uint8Array(50_000_000)), 413, 'payload_too_large')
  })

  test('refuses media that is cut off or claims to be enormous, and reads the next', async () => {
    const wav = await readFile(join(MODELS_DIR, 'silero-vad', 'examples', 'tone.wav'))
    const speech = '/infer/voice-activity-detection/speech'
    const cut = await expectProblem(
      post(speech, wav.subarray(0, 1_000), { 'content-type': 'audio/wav' }),
      422,
      'invalid_input',
    )
    expect(cut.detail).toMatch(/truncated/)
    expect((await post(speech, wav, { 'content-type': 'audio/wav' })).status).toBe(200)

    const png = await readFile(join(MODELS_DIR, 'text-line-ocr', 'examples', 'amount.png'))
    const line = '/infer/image-to-text/line'
    const huge = Buffer.from(png)
    huge.writeUInt32BE(50_000, 16)
    huge.writeUInt32BE(50_000, 20)
    const bomb = await expectProblem(
      post(line, huge, { 'content-type': 'image/png' }),
      413,
      'payload_too_large',
    )
    expect(bomb.detail).toContain('50000×50000')
    await expectProblem(
      post(line, png.subarray(0, 900), { 'content-type': 'image/png' }),
      422,
      'invalid_input',
    )
    expect((await post(line, png, { 'content-type': 'image/png' })).status).toBe(200)
  })

  test('answers 10,000 requests, 64 at a time, and loses none', { timeout: 300_000 }, async () => {
    const statuses = new Map<number, number>()
    for (let sent = 0; sent < 10_000; sent += 64) {
      const batch = Array.from({ length: Math.min(64, 10_000 - sent) }, () => post(LANGUAGE, TEXT))
      for (const response of await Promise.all(batch)) {
        await response.arrayBuffer()
        statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
      }
    }
    expect(Object.fromEntries(statuses)).toEqual({ 200: 10_000 })
  })
})

describe('the catalogue', () => {
  test('lists capabilities, models and topology to whoever has a key', async () => {
    const { capabilities } = z
      .object({ capabilities: Named })
      .parse(await (await get('/capabilities')).json())
    const ids = readModelFolders(MODELS_DIR).map(({ manifest }) => manifest.capability)
    expect(capabilities.map(({ id }) => id)).toEqual(expect.arrayContaining(ids))
    expect(await (await get('/models/email-spam')).json()).toMatchObject({
      versions: [{ id: 'email-spam', claims: expect.any(Array) }],
    })
    const { nodes } = z.object({ nodes: Named }).parse(await (await get('/topology')).json())
    expect(nodes.map(({ id }) => id)).toEqual(expect.arrayContaining(['native', 'mesh-silero-vad']))
    expect(JSON.stringify(nodes)).not.toContain('127.0.0.1')
  })

  test('answers an unknown model with the nearest known ones', async () => {
    const problem = await expectProblem(get('/models/silero-vat'), 404, 'model_unknown')
    expect(problem.nearest).toEqual(['silero-vad'])
  })

  test('describes itself as OpenAPI and as a page without a key', async () => {
    const document = await (await fetch(`${mesh.url}/openapi.json`)).json()
    expect(document).toMatchObject({
      openapi: '3.1.0',
      paths: { [LANGUAGE]: { post: expect.any(Object) } },
    })
    const page = await fetch(`${mesh.url}/docs`)
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(await page.text()).toContain('voice-activity-detection/speech')
    expect(await (await fetch(`${mesh.url}/health`)).json()).toMatchObject({ status: 'ok' })
  })
})

describe('API keys', () => {
  test('are required, and must be known', async () => {
    await expectProblem(post(LANGUAGE, TEXT, { authorization: '' }), 401, 'unauthenticated')
    await expectProblem(
      post(LANGUAGE, TEXT, { authorization: 'Basic abc' }),
      401,
      'unauthenticated',
    )
    await expectProblem(
      post(LANGUAGE, TEXT, { authorization: `Bearer cap_${'x'.repeat(43)}` }),
      401,
      'unauthenticated',
    )
    await expectProblem(get('/capabilities', 'cap_nobody-has-this-key'), 401, 'unauthenticated')
  })

  test('open only what their scopes name', async () => {
    await expectProblem(get('/admin/keys'), 403, 'forbidden')
    await expectProblem(
      post(LANGUAGE, TEXT, { authorization: `Bearer ${mesh.adminKey}` }),
      403,
      'forbidden',
    )
  })

  test('stop working when they expire', async () => {
    const { key } = await admin.createKey('short-lived', ['infer'], 1)
    expect((await get('/capabilities', key)).status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    const problem = await expectProblem(get('/capabilities', key), 401, 'unauthenticated')
    expect(problem.detail).toContain('expired')
  })

  test('stop working when they are revoked, and are never shown again', async () => {
    const { id, key } = await admin.createKey('to-revoke', ['infer'])
    expect((await post(LANGUAGE, TEXT, { authorization: `Bearer ${key}` })).status).toBe(200)
    await admin.revokeKey(id)
    const problem = await expectProblem(
      post(LANGUAGE, TEXT, { authorization: `Bearer ${key}` }),
      401,
      'unauthenticated',
    )
    expect(problem.detail).toContain('revoked')
    const listed = await (await get('/admin/keys', mesh.adminKey)).text()
    expect(listed).toContain('to-revoke')
    expect(listed).not.toContain(key)
    expect(listed).not.toContain('hash')
    expect(await (await get('/admin/audit?limit=1', mesh.adminKey)).json()).toMatchObject({
      audit: [{ action: 'revoke_key', target: id, actor: 'root' }],
    })
  })
})

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
