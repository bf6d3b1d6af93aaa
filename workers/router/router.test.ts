import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { MAX_BODY_BYTES } from '#shared/protocol.ts'
import { ReplayWindow } from '#shared/replay-window.ts'
import { verifySignature } from '#shared/signed-request.ts'

import { modelEntry } from './registry/registry-fixture.ts'
import { ADMIN_KEY, startTestRouter, TONE, type TestRouter } from './start-test-router.ts'

let router: TestRouter

beforeAll(async () => {
  router = await startTestRouter()
}, 60_000)
afterAll(() => router.stop())

test.each([
  ['a table', '{"data":{"a":[', ']}}'],
  ['texts', '[', ']'],
])(
  'the largest envelope, %s wrong in every part, is refused at once',
  async (_, open, close) => {
    const [before, after] = [`{"capability":"${TONE}","inputs":${open}`, `[]${close}}`]
    const parts = (MAX_BODY_BYTES - before.length - after.length) / 3
    const began = performance.now()
    const { status, body } = await router.send('/infer', {
      method: 'POST',
      key: router.inferKey,
      body: `${before}${'[],'.repeat(parts)}${after}`,
    })
    expect([status, body.code]).toEqual([400, 'invalid_request'])
    expect(JSON.stringify(body).length).toBeLessThan(1_000)
    // it was two minutes, and the end of the isolate
    expect(performance.now() - began).toBeLessThan(30_000)
    expect((await router.send('/health')).status).toBe(200)
  },
  60_000,
)

describe('an inference', () => {
  test('is signed for its node and carries nothing that is the caller’s but the body', async () => {
    router.received.length = 0
    const answer = await router.infer({ cookie: 'secret=1', 'x-request-id': 'mine' })
    expect(answer.status).toBe(200)
    const [call] = router.received
    if (!call) throw new Error('the node was not called')
    expect(call.headers).not.toHaveProperty('authorization')
    expect(call.headers).not.toHaveProperty('cookie')
    await verifySignature(
      {
        signature: String(call.headers['mesh-signature']),
        method: 'POST',
        path: call.path,
        readBody: async () => call.body,
      },
      { publicKey: router.publicKey, audience: 'far', seen: new ReplayWindow() },
    )
    expect(new TextDecoder().decode(call.body)).toBe('hello')
  })

  test('tells who answered, what it took, and nothing else that the node said', async () => {
    const { headers } = await router.infer({
      'x-request-id': 'mine',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    })
    expect(headers.get('mesh-model')).toBe('tone@1')
    expect(headers.get('mesh-node')).toBe('far')
    expect(headers.get('mesh-route')).toMatch(/^native\/far;tone@1;ok;[\d.]+ms$/)
    expect(headers.get('server-timing')).toMatch(
      /^total;dur=[\d.]+, attempt1;dur=[\d.]+, node;dur=1.5$/,
    )
    expect(headers.get('x-request-id')).toBe('mine')
    expect(headers.get('traceparent')).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-/)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.has('set-cookie')).toBe(false)
    expect(headers.has('www-authenticate')).toBe(false)
  })

  test('passes a picture on as it is, under the headers of any answer', async () => {
    const picture = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 0xff, 0xfe)
    router.answerWith('Image/PNG; name="page.html"', picture)
    const { status, headers, bytes } = await router.infer()
    expect(status).toBe(200)
    expect(bytes).toEqual(picture)
    expect(headers.get('content-type')).toBe('image/png')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('mesh-model')).toBe('tone@1')
    expect(headers.get('mesh-route')).toMatch(/^native\/far;tone@1;ok;[\d.]+ms$/)
    expect(headers.has('set-cookie')).toBe(false)
    router.answerWith('application/json', '[{"label":"good","score":1}]')
  })

  test.each([
    'text/html',
    'image/svg+xml',
    'application/javascript',
    'image/png,text/html',
    '',
    'image/jpeg',
  ])(
    'does not pass on what a browser could run, nor what the model does not answer: %j',
    async (contentType) => {
      router.answerWith(contentType, '<script>alert(1)</script>')
      const { status, headers, body } = await router.infer()
      router.answerWith('application/json', '[{"label":"good","score":1}]')
      expect([status, body.code]).toEqual([502, 'bad_gateway'])
      expect(headers.get('content-type')).toBe('application/problem+json')
      expect(JSON.stringify(body)).not.toContain('alert')
    },
  )

  /** What is above 1 MiB isn't held until it is whole. */
  test.each([1_048_576, 1_048_577, 3_000_000])(
    'passes on a picture of %i bytes whole',
    async (size) => {
      const picture = Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) % 256)
      router.answerWith('image/png', picture)
      const { status, bytes } = await router.infer()
      router.answerWith('application/json', '[{"label":"good","score":1}]')
      expect(status).toBe(200)
      expect(Buffer.from(bytes).equals(Buffer.from(picture))).toBe(true)
    },
  )

  test('replaces a request id that has no place in a log', async () => {
    const { headers } = await router.infer({ 'x-request-id': 'a b<c>' })
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('with a constraint that is wrong or unknown is refused before any node is asked', async () => {
    router.received.length = 0
    const wrong: Record<string, string>[] = [
      { 'mesh-deadline-ms': '0' },
      { 'mesh-placement': 'moon' },
      { 'mesh-min-accuracy': '2' },
    ]
    for (const headers of wrong) {
      const { status, body } = await router.infer(headers)
      expect([status, body.code]).toEqual([400, 'invalid_request'])
    }
    expect(router.received).toHaveLength(0)
  })

  test('of a compressed body is refused', async () => {
    const { status, body } = await router.infer({ 'content-encoding': 'gzip' })
    expect([status, body.code]).toEqual([415, 'media_type_unsupported'])
  })

  test('pinned to a model that is not there is refused as model_unknown', async () => {
    const { status, body } = await router.infer({ 'mesh-model': 'tome' })
    expect([status, body.code, body.nearest]).toEqual([404, 'model_unknown', ['tone@1']])
  })

  test('obeys the headers through the envelope too', async () => {
    const { status, body } = await router.send('/infer', {
      method: 'POST',
      key: router.inferKey,
      headers: { 'mesh-placement': 'edge' },
      body: JSON.stringify({ capability: TONE, inputs: 'hello' }),
    })
    expect([status, body.code]).toEqual([503, 'no_deployment'])
    expect(body.detail).toContain('tone@1 on far: it is native, and edge is asked for')
  })

  test('with a body above 16 MiB is refused', async () => {
    const { status } = await router.send(`/infer/${TONE}`, {
      method: 'POST',
      key: router.inferKey,
      body: 'x'.repeat(16 * 1024 * 1024 + 1),
    })
    expect(status).toBe(413)
  })
})

describe('a key', () => {
  test('is asked for, with the way to show one', async () => {
    for (const path of ['/capabilities', '/models', '/models/tone', '/topology', '/admin/keys']) {
      const { status, headers, body } = await router.send(path, { key: '' })
      expect([status, body.code]).toEqual([401, 'unauthenticated'])
      expect(headers.get('www-authenticate')).toContain('Bearer')
    }
  })

  test.each(['short', 'cap_with spaces in between', `cap_${'b'.repeat(43)}`])(
    'that is not one is refused: %s',
    async (key) => {
      expect((await router.send('/models', { key })).status).toBe(401)
    },
  )

  test('of the admin scope does not infer, and the other way round', async () => {
    const asAdmin = await router.send(`/infer/${TONE}`, { method: 'POST', body: 'x' })
    expect([asAdmin.status, asAdmin.body.code]).toEqual([403, 'forbidden'])
    expect(asAdmin.body.detail).toContain('needs infer')
    const asCaller = await router.send('/admin/audit', { key: router.inferKey })
    expect(asCaller.body.detail).toContain('needs admin')
  })

  test('that is revoked is refused at once here, and says so', async () => {
    const { body } = await router.admin('POST', '/keys', { name: 'gone', scopes: ['infer'] })
    expect((await router.send('/models', { key: String(body.key) })).status).toBe(200)
    expect((await router.admin('DELETE', `/keys/${String(body.id)}`)).status).toBe(204)
    const { status, body: problem } = await router.send('/models', { key: String(body.key) })
    expect([status, problem.detail]).toEqual([401, 'this API key was revoked'])
    expect((await router.admin('DELETE', `/keys/${String(body.id)}`)).status).toBe(204)
  })

  test('that another instance has just made is known here at once', async () => {
    const DB = await router.database()
    const key = `cap_${'c'.repeat(43)}`
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key))
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    await DB.batch([
      DB.prepare(
        'INSERT INTO api_keys (id, name, hash, scopes, created_at) VALUES (?, ?, ?, ?, 0)',
      ).bind('k2', 'other', Buffer.from(digest).toString('hex'), '["infer"]'),
      DB.prepare('UPDATE registry_meta SET version = version + 1'),
    ])
    expect((await router.send('/models', { key })).status).toBe(200)
  })

  test('is stored as a hash and never listed with it', async () => {
    const DB = await router.database()
    const { results } = await DB.prepare('SELECT * FROM api_keys').all()
    expect(JSON.stringify(results)).not.toContain(router.inferKey)
    const { body } = await router.admin('GET', '/keys')
    expect(JSON.stringify(body)).not.toMatch(/[0-9a-f]{64}/)
  })
})

describe('the catalogue', () => {
  test('is given in pages', async () => {
    for (const id of ['page-a', 'page-b']) {
      await router.admin('POST', '/models', {
        manifest: modelEntry({ id, capability: `pages/${id}` }).manifest,
      })
    }
    const first = await router.send('/models?limit=2')
    expect(first.body).toMatchObject({
      models: [{ id: 'page-a' }, { id: 'page-b' }],
      next: 'page-b',
    })
    const second = await router.send('/models?limit=2&after=page-b')
    expect(second.body).toMatchObject({ models: [{ id: 'tone' }], next: null })
    for (const limit of ['0', '1001', 'all']) {
      expect((await router.send(`/models?limit=${limit}`)).status).toBe(400)
    }
  })

  test('never shows where a node is', async () => {
    for (const path of ['/models', '/topology', '/capabilities']) {
      expect(JSON.stringify((await router.send(path)).body)).not.toContain('127.0.0.1')
    }
  })
})

test.each([
  ['GET', '/infer/a/b', 'POST'],
  ['DELETE', '/health', 'GET, HEAD'],
  ['PUT', '/admin/keys', 'GET, HEAD, POST'],
])('%s %s is answered with the methods there are', async (method, path, allow) => {
  const key = path.startsWith('/infer') ? router.inferKey : ADMIN_KEY
  const { status, headers, body } = await router.send(path, { method, key })
  expect([status, body.code]).toEqual([405, 'method_not_allowed'])
  expect(headers.get('allow')?.split(', ').toSorted().join(', ')).toBe(allow)
})

test('an address that is not there is not_found, with or without a key', async () => {
  for (const key of ['', ADMIN_KEY]) {
    expect((await router.send('/nothing', { key })).body).toMatchObject({
      code: 'not_found',
      detail: 'GET /nothing is not an address of the mesh; GET /docs tells all',
    })
  }
})

test('health and docs need no key, and the page allows no script', async () => {
  expect((await router.send('/health', { key: '' })).body).toMatchObject({ status: 'ok' })
  expect((await router.send('/openapi.json', { key: '' })).body).toMatchObject({ openapi: '3.1.0' })
  const { headers } = await router.send('/docs', { key: '' })
  expect(headers.get('content-security-policy')).toContain("default-src 'none'")
})

// the last: it breaks the database
test('answers go on from the snapshot when D1 fails, changes do not, and health tells', async () => {
  const DB = await router.database()
  await DB.prepare('ALTER TABLE registry_meta RENAME TO gone').run()
  await new Promise((resolve) => setTimeout(resolve, 2_100))
  for (let i = 0; i < 3; i++) expect((await router.infer()).status).toBe(200)
  const refused = await router.admin('POST', '/keys', { name: 'no', scopes: ['infer'] })
  expect([refused.status, refused.body.code]).toEqual([503, 'registry_unavailable'])
  expect(JSON.stringify(refused.body)).not.toMatch(/sqlite|table/i)
  await expect
    .poll(async () => (await router.send('/health', { key: '' })).body)
    .toMatchObject({ status: 'degraded' })
  await DB.prepare('ALTER TABLE gone RENAME TO registry_meta').run()
  await expect
    .poll(
      async () => {
        await router.infer()
        return (await router.send('/health', { key: '' })).body
      },
      { timeout: 8_000, interval: 400 },
    )
    .toMatchObject({ status: 'ok' })
}, 20_000)
