import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { modelEntry } from '../registry/registry-fixture.ts'
import { startTestRouter, TONE, type TestRouter } from '../start-test-router.ts'

let router: TestRouter

beforeAll(async () => {
  router = await startTestRouter()
}, 60_000)
afterAll(() => router.stop())
beforeEach(() => {
  router.received.length = 0
  router.answerWith('application/json', '[{"label":"good","score":1}]')
})

const post = (path: string, init: RequestInit & { key?: string } = {}) =>
  router.send(path, {
    method: 'POST',
    key: router.inferKey,
    headers: { 'content-type': 'application/json' },
    body: '{"inputs":"hello"}',
    ...init,
  })

const PIPELINE = 'pipeline/text-classification'
test.each(['tone', 'tone@1', TONE, `tone/${PIPELINE}`, `${TONE}/${PIPELINE}`])(
  'answers %s as Hugging Face’s clients read it, and says who did',
  async (name) => {
    const { status, headers, body } = await post(`/models/${name}`)
    expect([status, body]).toEqual([200, [[{ label: 'good', score: 1 }]]])
    expect(headers.get('mesh-model')).toBe('tone@1')
    expect(router.received[0]?.path).toBe('/models/tone/versions/1')
    expect(new TextDecoder().decode(router.received[0]?.body)).toBe('{"inputs":"hello"}')
  },
)

test('hands bytes without a type on as they came', async () => {
  await post('/models/tone', { headers: {}, body: Uint8Array.of(0xff, 0xd8, 0xff) })
  expect(router.received[0]?.body).toEqual(Buffer.from([0xff, 0xd8, 0xff]))
})

test('passes a file on as it is', async () => {
  router.answerWith('image/png', Uint8Array.of(1, 2, 3))
  const { headers, bytes } = await post('/models/tone')
  expect(headers.get('content-type')).toBe('image/png')
  expect(bytes).toEqual(Uint8Array.of(1, 2, 3))
})

test('leaves the catalogue at the same address', async () => {
  const { status, body } = await router.send('/models/tone')
  expect([status, body.id]).toEqual([200, 'tone'])
})

test('finds a model that was registered a moment ago', async () => {
  await post('/models/tone')
  const { manifest } = modelEntry({ id: 'late', capability: 'text-classification/late' })
  await router.admin('POST', '/models', { manifest })
  await router.admin('POST', '/deployments', router.place({ model: 'late' }))
  expect((await post('/models/late')).status).toBe(200)
  expect((await post('/models/text-classification/late')).status).toBe(200)
})

test.each<[string, string, RequestInit & { key?: string }, number, string]>([
  ['without a key', '/models/tone', { key: '' }, 401, 'unauthenticated'],
  ['of a model that is not there', '/models/tune', {}, 404, 'model_unknown'],
  [
    'of a capability that is not there',
    '/models/text-classification/tune',
    {},
    404,
    'model_unknown',
  ],
  ['of a version that is not there', '/models/tone@2', {}, 404, 'model_unknown'],
  ['to no address', '/models/tone/a/b/c/d', {}, 404, 'not_found'],
  [
    'of another pipeline of a capability',
    `/models/${TONE}/pipeline/fill-mask`,
    {},
    400,
    'invalid_request',
  ],
  ['of another pipeline', '/models/tone/pipeline/fill-mask', {}, 400, 'invalid_request'],
  [
    'with a compressed body',
    '/models/tone',
    { headers: { 'content-encoding': 'gzip' } },
    415,
    'media_type_unsupported',
  ],
  [
    'with an unknown constraint',
    '/models/tone',
    { headers: { 'mesh-speed': '9' } },
    400,
    'invalid_request',
  ],
])('a request %s is refused with an `error`', async (_, path, init, status, code) => {
  const refused = await post(path, init)
  expect(refused.status).toBe(status)
  expect(refused.body).toMatchObject({ code, error: expect.any(String) })
  expect(refused.body.error).toBe(refused.body.detail)
  expect(router.received).toHaveLength(0)
})

test('a key that may not infer is refused', async () => {
  const { status } = await router.send('/models/tone', { method: 'POST', body: '{"inputs":"a"}' })
  expect(status).toBe(403)
})

test('names what is nearest to a model that is not there', async () => {
  expect((await post('/models/tune')).body).toMatchObject({ nearest: ['tone'] })
})

test('a 503 is held back, since a client asks again the moment it has one', async () => {
  await router.admin('POST', '/models', {
    manifest: modelEntry({ id: 'idle', capability: 'text-classification/idle' }).manifest,
  })
  const started = performance.now()
  const { status, body } = await post('/models/idle')
  expect([status, body.code, body.estimated_time]).toEqual([503, 'no_deployment', 1])
  expect(performance.now() - started).toBeGreaterThanOrEqual(950)
  const hurried = performance.now()
  const headers = { 'content-type': 'application/json', 'mesh-deadline-ms': '100' }
  expect((await post('/models/idle', { headers })).status).toBe(503)
  expect(performance.now() - hurried).toBeLessThan(950)
})
