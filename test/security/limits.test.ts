/** What one caller can make the router do: nothing without end, and nothing to others. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { startTestRouter, TONE, type TestRouter } from '../../workers/router/start-test-router.ts'
import { startOtlpReceiver, type OtlpReceiver } from '../otlp-receiver.ts'

let router: TestRouter
let receiver: OtlpReceiver

beforeAll(async () => {
  receiver = await startOtlpReceiver()
  router = await startTestRouter({ OTLP_ENDPOINT: receiver.url })
}, 60_000)
afterAll(async () => {
  await router.stop()
  receiver.stop()
})

const JSON_HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
}

/** Every address that reads JSON here, with a body that it takes. */
const DOORS: [path: string, body: Record<string, unknown>][] = [
  ['/infer', { capability: TONE, inputs: 'x' }],
  ['/explain', { capability: TONE }],
  ['/mcp', { jsonrpc: '2.0', id: 1, method: 'tools/list' }],
  ['/v1/embeddings', { model: 'tone', input: 'x' }],
  ['/openai/v1/embeddings', { model: 'tone', input: 'x' }],
  ['/search', { query: { text: 'tone' } }],
  ['/explore', { resultType: { facets: [{ field: 'type' }] } }],
  ['/v2/repository/index', { ready: true }],
  ['/admin/models', { manifest: {} }],
  ['/admin/deployments', { model: 'tone' }],
  ['/admin/leases', { deployments: ['tone@1/far'] }],
  ['/admin/keys', { name: 'x', scopes: ['infer'] }],
  ['/admin/verifications', { deployment: 'tone@1/far' }],
  ['/admin/measurements', { deployment: 'tone@1/far', metric: 'accuracy', value: 0.5 }],
]

function post(path: string, body: string, headers: Record<string, string> = {}) {
  const own = path.startsWith('/admin') ? {} : { key: router.inferKey }
  return router.send(path, {
    method: 'POST',
    ...own,
    headers: { ...JSON_HEADERS, ...headers },
    body,
  })
}

describe.each(DOORS)('%s', (path, body) => {
  test('reads no JSON that nests without end', async () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ]) {
      const depth = 500
      const deep = `${open?.repeat(depth)}1${close?.repeat(depth)}`
      const answer = await post(path, deep)
      expect(answer.status).toBe(400)
      expect(JSON.stringify(answer.body)).toContain('nests deeper than 32 levels')
    }
    expect((await router.infer()).status).toBe(200)
  })

  test('holds no body that is larger than it needs', async () => {
    const { status } = await post(
      path,
      JSON.stringify({ ...body, large: 'x'.repeat(17 * 2 ** 20) }),
    )
    expect(status).toBe(413)
  })

  /** As a key of its own, as JSON.parse makes it; an assignment would change every object of the isolate. */
  test.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
    'takes %s for a name like any other',
    async (name) => {
      const polluting = { scopes: ['admin'], admin: true, weight: 0, model: 'none', polluted: 1 }
      const text = JSON.stringify(body)
      const { status } = await post(
        path,
        `${text.slice(0, -1)},${JSON.stringify(name)}:${JSON.stringify(polluting)}}`,
      )
      expect(status).toBeLessThan(500)
      expect((await router.infer()).status).toBe(200)
      expect((await router.send('/admin/keys', { key: router.inferKey })).status).toBe(403)
    },
  )
})

test('a key is made with the scopes that its body has, not with those of a prototype', async () => {
  const polluted = '{"name":"x","scopes":["infer"],"__proto__":{"scopes":["admin"]}}'
  const inherited = '{"name":"x","__proto__":{"scopes":["admin"]}}'
  const made = await post('/admin/keys', polluted)
  if (made.status === 201) expect(made.body.scopes).toEqual(['infer'])
  expect((await post('/admin/keys', inherited)).status).toBe(400)
})

describe.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '__defineGetter__'])(
  'the name %s',
  (name) => {
    test('is unknown wherever a name is looked up', async () => {
      const asked = await Promise.all([
        post(`/infer/${name}/${name}`, '{}'),
        post(`/models/${name}`, '{}'),
        post(`/v2/models/${name}/infer`, '{}'),
        post('/infer', JSON.stringify({ capability: `x/${name}`, inputs: 'x' })),
        post('/explain', JSON.stringify({ capability: TONE, constraints: { objective: name } })),
        post('/v1/embeddings', JSON.stringify({ model: name, input: 'x' })),
        post('/explore', JSON.stringify({ resultType: { facets: [{ field: name }] } })),
        post('/search', `{"query":{"text":"x","filter":{${JSON.stringify(name)}:["x"]}}}`),
        post('/mcp', JSON.stringify({ jsonrpc: '2.0', id: 1, method: name })),
        router.infer({ 'mesh-model': name }),
        router.infer({ 'mesh-objective': name }),
        router.infer({ 'mesh-placement': name }),
        router.infer({ 'cache-control': name }),
        router.send(`/models/${name}`),
        router.send(`/v1/models/${name}`),
        router.send(`/admin/models/${name}`),
        router.admin('DELETE', `/deployments/${name}`),
        router.admin('DELETE', `/keys/${name}`),
        router.admin('GET', `/decisions?outcome=${name}`),
        router.admin('GET', `/decisions?${name}=1`),
      ])
      for (const { status, body } of asked) {
        expect(status).toBeLessThan(500)
        expect(JSON.stringify(body)).not.toContain('native code')
      }
    })
  },
)

/** Each was made to take as long as it can; together they must not take longer than one request may. */
test('no header takes its pattern longer to read than to send', async () => {
  const long = 7_500
  const headers: [string, string][] = [
    ['authorization', `Bearer${' '.repeat(long)}!`],
    ['authorization', `Bearer ${'a'.repeat(long)}!`],
    ['traceparent', `00-${'0'.repeat(long)}`],
    ['x-request-id', `${'a.'.repeat(long / 2)}!`],
    ['cache-control', 'max-age=1,'.repeat(long / 10)],
    ['if-none-match', `W/"a", `.repeat(long / 8)],
    ['mesh-language', `en${'-a'.repeat(long / 2)}!`],
    ['mesh-labels', 'a,'.repeat(long / 2)],
    ['mesh-min-accuracy', '0.'.repeat(long / 2)],
    ['mesh-model', 'a@'.repeat(long / 2)],
    ['mesh-region', `${'a-'.repeat(long / 2)}!`],
    ['mesh-deadline-ms', '1'.repeat(long)],
    ['content-type', `application/json${' '.repeat(long)}x`],
    ['content-type', `a/${'b;'.repeat(long / 2)}`],
    ['idempotency-key', `"${'\\'.repeat(long)}`],
    ['origin', `https://${'a.'.repeat(long / 2)}`],
    ['content-encoding', 'gzip,'.repeat(long / 5)],
    ['inference-header-content-length', '9'.repeat(long)],
  ]
  const began = performance.now()
  for (const [name, value] of headers) {
    for (const path of [`/infer/${TONE}`, '/v2/models/tone/infer', '/admin/keys']) {
      const { status } = await post(path, '{}', { [name]: value })
      expect(status, `${name} at ${path}`).toBeLessThan(500)
    }
  }
  expect(performance.now() - began).toBeLessThan(30_000)
})

test('hundreds of headers are no more than one that is unknown', async () => {
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`mesh-${i}`, 'x']))
  const { status, body } = await router.infer(many)
  expect([status, body.code]).toEqual([400, 'invalid_request'])
  expect(String(body.detail).length).toBeLessThan(1_000)
})

test('what a caller makes up is repeated to it in part only', async () => {
  const long = 'x'.repeat(6_000)
  const asked = await Promise.all([
    post(`/infer/${long}/y`, '{}'),
    post(`/models/${long}`, '{}'),
    post(`/v2/models/${long}/infer`, '{}'),
    post('/v1/embeddings', JSON.stringify({ model: long, input: 'x' })),
    post('/explain', JSON.stringify({ capability: `x/${long}` })),
    post(
      '/mcp',
      JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: long } }),
    ),
    router.infer({ 'mesh-model': long }),
    router.infer({ [`mesh-${long}`]: 'x' }),
    router.send(`/models/${long}`),
    router.admin('GET', `/models/${long}`),
    router.admin('DELETE', `/deployments/${long}`),
  ])
  for (const { status, bytes } of asked) {
    expect(status === 200 || status >= 400).toBe(true)
    expect(bytes.byteLength).toBeLessThan(3_000)
  }
})

test('who shows no key has nothing recorded: neither a span, nor a decision, nor a series', async () => {
  const traceId = 'e'.repeat(32)
  const traceparent = `00-${traceId}-${'a'.repeat(16)}-01`
  const read = async () => new TextDecoder().decode((await router.send('/metrics')).bytes)
  const series = (text: string) =>
    text.split('\n').filter((line) => line.startsWith('mesh_requests'))
  const before = series(await read())
  for (const path of [`/infer/${TONE}`, '/mcp', '/nowhere', '/health', '/docs']) {
    const headers = { traceparent, 'x-request-id': 'nobody' }
    await router.send(path, { method: 'POST', key: '', headers, body: 'x' })
  }
  expect(series(await read())).toEqual(before)
  const { body } = await router.admin('GET', '/decisions?request=nobody')
  expect(body.decisions).toEqual([])
  const known = 'f'.repeat(32)
  await router.infer({ traceparent: `00-${known}-${'a'.repeat(16)}-01` })
  await receiver.spansOf(known, 2)
  expect(receiver.spans.filter((span) => span.traceId === traceId)).toEqual([])
})
