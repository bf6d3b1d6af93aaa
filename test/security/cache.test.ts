/**
 * Cache poisoning: no answer, and no sign of one, goes from one key to another, and nothing a node or a caller
 * sends makes a wrong one stay. What is kept of one caller: workers/router/cache/kept-answers.test.ts.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { startTestRouter, TONE, type TestRouter } from '../../workers/router/start-test-router.ts'

const JSON_TYPE = 'application/json'
const MINE = '[{"label":"mine","score":1}]'
const THEIRS = '[{"label":"theirs","score":1}]'

let router: TestRouter
let theirKey: string
let sent = 0

beforeAll(async () => {
  router = await startTestRouter()
  const { body } = await router.admin('POST', '/keys', { name: 'other', scopes: ['infer'] })
  theirKey = String(body.key)
}, 60_000)
afterAll(() => router.stop())
beforeEach(() => {
  router.received.length = 0
  router.answerWith(JSON_TYPE, MINE)
})

interface Asked {
  text: string
  key?: string
  headers?: Record<string, string>
}

const ask = ({ text, key = router.inferKey, headers = {} }: Asked) =>
  router.send(`/infer/${TONE}`, {
    method: 'POST',
    key,
    cached: true,
    headers: { 'content-type': 'text/plain', ...headers },
    body: text,
  })
const fresh = () => `text ${sent++}`
const statusOf = ({ headers }: { headers: Headers }) => headers.get('cache-status')

describe('what one key was answered', () => {
  test('is not what another is answered, in whichever order they ask', async () => {
    const text = fresh()
    const mine = await ask({ text })
    router.answerWith(JSON_TYPE, THEIRS)
    const theirs = await ask({ text, key: theirKey })
    expect([mine.body, theirs.body]).toEqual([JSON.parse(MINE), JSON.parse(THEIRS)])
    expect((await ask({ text })).body).toEqual(JSON.parse(MINE))
    expect((await ask({ text, key: theirKey })).body).toEqual(JSON.parse(THEIRS))
    expect(router.received).toHaveLength(2)
  })

  test('cannot be found out by another: not by only-if-cached, an age or an ETag', async () => {
    const text = fresh()
    const etag = String((await ask({ text })).headers.get('etag'))
    const probe = await ask({
      text,
      key: theirKey,
      headers: { 'cache-control': 'only-if-cached' },
    })
    expect([probe.status, probe.body.code]).toEqual([504, 'not_cached'])
    // without a directive of its own, fetch adds no-cache
    const headers = { 'if-none-match': etag, 'cache-control': 'max-age=60' }
    const other = await ask({ text, key: theirKey, headers })
    expect([other.status, statusOf(other), other.headers.get('age')]).toEqual([
      200,
      'capillary; fwd=uri-miss; stored',
      null,
    ])
    expect(other.headers.get('etag')).not.toBe(etag)
  })

  test('on its way is not waited for by another', async () => {
    const text = fresh()
    router.answerWith(JSON_TYPE, MINE, { delayMs: 200 })
    const answers = await Promise.all([
      ask({ text }),
      ask({ text }),
      ask({ text, key: theirKey }),
      ask({ text, key: theirKey }),
    ])
    expect(router.received).toHaveLength(2)
    const collapsed = answers.map((answer) => statusOf(answer)?.includes('collapsed'))
    expect(collapsed.filter(Boolean)).toHaveLength(2)
  })

  test('is given to nobody once the key is revoked', async () => {
    const { body } = await router.admin('POST', '/keys', { name: 'gone', scopes: ['infer'] })
    const text = fresh()
    await ask({ text, key: String(body.key) })
    await router.admin('DELETE', `/keys/${String(body.id)}`)
    expect((await ask({ text, key: String(body.key) })).status).toBe(401)
  })

  test('comes with the request id and trace of who asks now', async () => {
    const text = fresh()
    const first = await ask({ text, headers: { 'x-request-id': 'the-first' } })
    const second = await ask({ text, headers: { 'x-request-id': 'the-second' } })
    expect(statusOf(second)).toBe('capillary; hit')
    expect(second.headers.get('x-request-id')).toBe('the-second')
    expect(second.headers.get('traceparent')).not.toBe(first.headers.get('traceparent'))
    const told = Array.from(second.headers).join('\n')
    expect(told).not.toContain('the-first')
  })
})

describe('an answer is kept under all that it depends on', () => {
  const same = { inputs: 'x', parameters: { a: 1 } }
  const variants: [string, string, Record<string, string>][] = [
    ['the input', JSON.stringify({ ...same, inputs: 'y' }), {}],
    ['a parameter', JSON.stringify({ ...same, parameters: { a: 2 } }), {}],
    ['the type of a parameter', JSON.stringify({ ...same, parameters: { a: '1' } }), {}],
    ['the name of a parameter', JSON.stringify({ ...same, parameters: { b: 1 } }), {}],
    ['a parameter called __proto__', '{"inputs":"x","parameters":{"a":1,"__proto__":{"b":1}}}', {}],
    ['a second value of a key', '{"inputs":"y","inputs":"x","parameters":{"a":2,"a":3}}', {}],
    ['a number beyond all numbers', '{"inputs":"x","parameters":{"a":1e400}}', {}],
    ['null in its place', '{"inputs":"x","parameters":{"a":null}}', {}],
    ['the content-type', JSON.stringify(same), { 'content-type': 'application/json;x=1' }],
  ]

  test('so that each of these asks a node', async () => {
    const ask2 = (body: string, headers: Record<string, string>) =>
      ask({ text: body, headers: { 'content-type': JSON_TYPE, ...headers } })
    await ask2(JSON.stringify(same), {})
    for (const [what, body, headers] of variants) {
      const before = router.received.length
      const answer = await ask2(body, headers)
      expect([what, answer.status, router.received.length]).toEqual([what, 200, before + 1])
    }
    expect(statusOf(await ask2(JSON.stringify(same), {}))).toBe('capillary; hit')
  })

  test('and under nothing else that a caller can vary', async () => {
    const text = fresh()
    await ask({ text })
    const others: Record<string, string>[] = [
      { 'x-forwarded-host': 'evil.test' },
      { accept: 'text/html' },
      { origin: 'https://evil.test' },
      { 'accept-encoding': 'br' },
      { range: 'bytes=0-1' },
      { cookie: 'a=1' },
    ]
    for (const headers of others) {
      const answer = await ask({ text, headers })
      expect([answer.status, statusOf(answer)]).toEqual([200, 'capillary; hit'])
      expect(answer.body).toEqual(JSON.parse(MINE))
    }
  })
})

describe('a node decides nothing of the cache', () => {
  test.each([
    { 'cache-control': 'public, max-age=31536000, immutable', vary: '*' },
    { 'cache-control': 'no-store, private', expires: '0' },
    { etag: '"poison"', age: '100', 'cache-status': 'evil; hit' },
    { 'surrogate-control': 'max-age=9999', 'cdn-cache-control': 'max-age=9999' },
  ])('by its headers: %j', async (headers) => {
    const text = fresh()
    router.answerWith(JSON_TYPE, MINE, { headers })
    const first = await ask({ text })
    expect(statusOf(first)).toBe('capillary; fwd=uri-miss; stored')
    for (const name of ['cache-control', 'vary', 'expires', 'cdn-cache-control', 'age']) {
      expect(first.headers.get(name)).toBeNull()
    }
    expect(first.headers.get('etag')).toMatch(/^"[0-9a-f]{32}"$/)
    expect(statusOf(await ask({ text }))).toBe('capillary; hit')
  })

  test.each<[number, string, string]>([
    [500, JSON_TYPE, '{}'],
    [400, 'application/problem+json', '{"code":"invalid_request","detail":"no"}'],
    [422, 'application/problem+json', '{"code":"invalid_input","detail":"no"}'],
    [200, 'text/html', '<p>'],
    [200, JSON_TYPE, ''],
    [304, JSON_TYPE, ''],
    [206, JSON_TYPE, MINE],
    [203, JSON_TYPE, MINE],
  ])('by an answer that is none, status %d of %s', async (status, type, body) => {
    const text = fresh()
    router.answerWith(type, body, { status })
    expect((await ask({ text })).status).toBeGreaterThanOrEqual(400)
    router.answerWith(JSON_TYPE, MINE)
    const second = await ask({ text })
    expect([second.status, statusOf(second)]).toEqual([200, 'capillary; fwd=uri-miss; stored'])
  })

  test('by breaking off', async () => {
    const text = fresh()
    router.answerWith(JSON_TYPE, MINE, { headers: { 'content-length': '4096' } })
    expect((await ask({ text, headers: { 'mesh-deadline-ms': '1000' } })).status).not.toBe(200)
    router.answerWith(JSON_TYPE, MINE)
    expect(statusOf(await ask({ text }))).toBe('capillary; fwd=uri-miss; stored')
  })
})

/** Their shapes depend on the client, or on what it named the request. */
test.each([
  ['/models/tone', '{"inputs":"same"}'],
  ['/v2/models/tone/infer', '{"inputs":[]}'],
])('what comes through %s is not kept at all', async (path, body) => {
  for (let i = 0; i < 2; i++) {
    const { headers } = await router.send(path, {
      method: 'POST',
      key: router.inferKey,
      cached: true,
      headers: { 'content-type': JSON_TYPE },
      body,
    })
    expect(headers.get('cache-status')).toBeNull()
  }
  expect(router.received).toHaveLength(2)
})

test('what a shared cache may keep is public, and nothing else says so', async () => {
  for (const path of ['/capabilities', '/models', '/topology', '/metrics', '/admin/keys']) {
    const { headers } = await router.send(path)
    expect(headers.get('cache-control') ?? '').not.toMatch(/public|s-maxage/)
  }
  const created = await router.admin('POST', '/keys', { name: 'x', scopes: ['infer'] })
  expect(created.headers.get('cache-control')).toBe('no-store')
})
