import { gzipSync } from 'node:zlib' // oxlint-disable-line no-restricted-imports -- tests run in Node

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { startTestRouter, toneManifest, type TestRouter } from '../start-test-router.ts'

const REQUEST = '{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}'
const ANSWER = '{"model_name":"tone","model_version":"1","outputs":[]}'

let router: TestRouter

beforeAll(async () => {
  router = await startTestRouter()
}, 60_000)
afterAll(() => router.stop())
beforeEach(() => {
  router.received.length = 0
  router.answerWith('application/json', ANSWER)
})

const infer = (
  headers: Record<string, string> = {},
  body: BodyInit = REQUEST,
  path = '/v2/models/tone/infer',
) => router.send(path, { method: 'POST', key: router.inferKey, headers, body })

describe('an inference', () => {
  test('reaches the node at tensor level, and its route is told', async () => {
    const answer = await infer()
    expect([answer.status, answer.body]).toEqual([200, JSON.parse(ANSWER)])
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(answer.headers.get('mesh-model')).toBe('tone@1')
    expect(answer.headers.get('mesh-node')).toBe('far')
    expect(answer.headers.get('mesh-route')).toMatch(/^native\/far;tone@1;ok;/)
    expect(router.received[0]?.path).toBe('/v2/models/tone/versions/1/infer')
  })

  test('goes to the node byte for byte, with the headers that say how to read it', async () => {
    const compressed = new Uint8Array(gzipSync(REQUEST))
    await infer(
      { 'content-encoding': 'gzip', 'inference-header-content-length': String(REQUEST.length) },
      compressed,
    )
    const [call] = router.received
    expect(new Uint8Array(call?.body ?? [])).toEqual(compressed)
    expect(call?.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(REQUEST.length),
    })
  })

  test('is JSON to the node whatever type the caller names, or none', async () => {
    await infer({ 'content-type': 'text/html' })
    await infer({}, new TextEncoder().encode(REQUEST))
    expect(router.received.map(({ headers }) => headers['content-type'])).toEqual([
      'application/json',
      'application/json',
    ])
  })

  test('comes back with its binary tensors as the node sent them', async () => {
    const bytes = Uint8Array.of(...new TextEncoder().encode('{}'), 0, 0, 128, 63)
    router.answerWith('application/octet-stream', bytes, {
      headers: { 'inference-header-content-length': '2' },
    })
    const answer = await infer()
    expect(answer.bytes).toEqual(bytes)
    expect(answer.headers.get('content-type')).toBe('application/octet-stream')
    expect(answer.headers.get('inference-header-content-length')).toBe('2')
  })

  test('leaves nothing of the caller but the body', async () => {
    await infer({ cookie: 'a=b', 'x-secret': '1' })
    const headers = router.received[0]?.headers
    for (const name of ['authorization', 'cookie', 'x-secret'])
      expect(headers).not.toHaveProperty(name)
  })

  test('takes the version from the path or the header, and no contradiction', async () => {
    const path = '/v2/models/tone/versions/1/infer'
    expect((await infer({}, REQUEST, path)).status).toBe(200)
    expect((await infer({ 'mesh-model': 'tone@1' })).status).toBe(200)
    const other = await infer({ 'mesh-model': 'tone@2' }, REQUEST, path)
    expect([other.status, other.body.error]).toEqual([
      400,
      'the header mesh-model says tone@2, the path tone@1',
    ])
    expect((await infer({ 'mesh-model': 'mood' })).status).toBe(400)
  })

  test('tells the node how long the caller waits', async () => {
    await infer({ 'mesh-deadline-ms': '1234' })
    const left = Number(router.received[0]?.headers['mesh-deadline-ms'])
    expect(left).toBeGreaterThan(900)
    expect(left).toBeLessThanOrEqual(1234)
  })

  test.each(['JSON', 'binary'])(
    'of %s that says how long its caller waits is not fallen over past that',
    async (kind) => {
      await router.admin('POST', '/deployments', router.place({ node: 'far-too' }))
      router.answerWith('application/json', ANSWER, { delayMs: 3_000 })
      const head = REQUEST.replace('{', '{"parameters":{"timeout":400000},')
      const framing: Record<string, string> =
        kind === 'binary' ? { 'inference-header-content-length': String(head.length) } : {}
      const answer = await infer(framing, kind === 'binary' ? `${head}....` : head)
      expect([answer.status, answer.body.code]).toEqual([504, 'deadline_exceeded'])
      const told = router.received.map(({ headers }) => Number(headers['mesh-deadline-ms']))
      expect(told.length).toBeGreaterThan(0)
      expect(told.every((ms) => ms <= 400)).toBe(true)
      await router.admin('DELETE', `/deployments/${encodeURI('tone@1/far-too')}?now=true`)
    },
  )

  test('is counted', async () => {
    const successes = async () => {
      const { body } = await router.send('/v2/models/tone/stats')
      // as: the shape of the statistics extension
      const [own] = body.model_stats as { inference_stats: { success: { count: number } } }[]
      return own?.inference_stats.success.count ?? 0
    }
    const before = await successes()
    await infer()
    expect(await successes()).toBe(before + 1)
  })
})

describe('an inference is refused', () => {
  const refusals: [string, () => ReturnType<typeof infer>, number, string][] = [
    [
      'of an unknown model',
      () => infer({}, REQUEST, '/v2/models/tune/infer'),
      404,
      'model_unknown',
    ],
    [
      'of an unknown version',
      () => infer({}, REQUEST, '/v2/models/tone/versions/9/infer'),
      404,
      'model_unknown',
    ],
    ['where no deployment fits', () => infer({ 'mesh-placement': 'edge' }), 503, 'no_deployment'],
    ['for an unknown constraint', () => infer({ 'mesh-colour': 'red' }), 400, 'invalid_request'],
    [
      'for an unknown encoding',
      () => infer({ 'content-encoding': 'br' }),
      415,
      'media_type_unsupported',
    ],
    [
      'for a header that is no number',
      () => infer({ 'inference-header-content-length': '-1' }),
      400,
      'invalid_request',
    ],
    [
      'when it is too long',
      () => infer({}, new Uint8Array(16 * 1024 * 1024 + 1)),
      413,
      'payload_too_large',
    ],
    [
      'without a key',
      () => router.send('/v2/models/tone/infer', { method: 'POST', key: '', body: REQUEST }),
      401,
      'unauthenticated',
    ],
    [
      'with a key that may not infer',
      () => router.send('/v2/models/tone/infer', { method: 'POST', body: REQUEST }),
      403,
      'forbidden',
    ],
    [
      'by another method',
      () => router.send('/v2/models/tone/infer', { method: 'DELETE', key: router.inferKey }),
      405,
      'method_not_allowed',
    ],
    ['at an unknown address', () => router.send('/v2/models/tone/nowhere'), 404, 'not_found'],
  ]
  test.each(refusals)('%s, as clients of the protocol read it', async (_, ask, status, code) => {
    const answer = await ask()
    expect([answer.status, answer.body.code]).toEqual([status, code])
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(answer.body.error).toBe(answer.body.detail)
    expect(router.received).toEqual([])
  })
})

describe('what a node refuses', () => {
  test('reaches the caller in its own words, however it writes errors', async () => {
    const bodies = [
      { error: 'x must be FP32' },
      { detail: 'x must be FP32' },
      { error: 'x must be FP32', code: 7, trace: 'kept inside' },
    ]
    for (const body of bodies) {
      router.answerWith('application/json', JSON.stringify(body), { status: 400 })
      const { status, body: told } = await infer()
      expect([status, told.error, told.code]).toEqual([400, 'x must be FP32', 'invalid_request'])
      expect(told).not.toHaveProperty('trace')
    }
  })

  test('is its sentence and a code of its status, and nothing that callers take for ours', async () => {
    const problem = { type: 'x', title: 'x', status: 422, detail: 'x must be FP32' }
    const more = { attempts: [{ node: 'secret' }], nearest: ['evil'], error: 'evil', docs: 'evil' }
    for (const code of ['invalid_input', 'internal', 'unauthenticated', 'new_here']) {
      const body = { ...problem, code, retryable: false, ...more }
      router.answerWith('application/json', JSON.stringify(body), { status: 422 })
      const { status, body: told } = await infer()
      expect([status, told.error, told.code]).toEqual([422, 'x must be FP32', 'invalid_input'])
      expect(JSON.stringify(told)).not.toMatch(/evil|secret/)
      router.answerWith('application/problem+json', JSON.stringify(body), { status: 422 })
      const task = await router.infer()
      expect([task.status, task.body.code]).toEqual([422, 'invalid_input'])
      expect(JSON.stringify(task.body)).not.toMatch(/evil|secret/)
    }
  })

  test('is cut where it is long, a problem document too', async () => {
    const error = 'é'.repeat(20_000)
    router.answerWith('application/json', JSON.stringify({ error }), { status: 422 })
    const { status, body } = await infer()
    expect(status).toBe(422)
    expect(body.error).toBe('é'.repeat(1_000))
    const problem = { type: 'x', title: 'x', status: 422, code: 'invalid_input', retryable: false }
    const long = JSON.stringify({ ...problem, detail: error })
    router.answerWith('application/json', long, { status: 422 })
    expect((await infer()).body.error).toBe('é'.repeat(1_000))
  })

  test.each([
    [404, '{"error":"no such model"}', 502, 'bad_gateway'],
    [401, '{"error":"who are you"}', 502, 'bad_gateway'],
    [429, '{"error":"busy"}', 429, 'queue_full'],
    [500, '{"error":"at /srv/model.py line 3"}', 502, 'bad_gateway'],
    [503, '{"error":"loading"}', 503, 'overloaded'],
    [504, '{"error":"late"}', 504, 'deadline_exceeded'],
    [302, '', 502, 'bad_gateway'],
  ])('with %d is no complaint of the caller', async (given, text, status, code) => {
    router.answerWith('application/json', text, { status: given })
    const answer = await infer()
    expect([answer.status, answer.body.code]).toEqual([status, code])
    expect(answer.body.error).not.toContain('/srv')
    expect(answer.headers.get('mesh-route')).toContain(code)
  })

  test.each([
    ['a web page', 'text/html', '<p>', {}],
    ['bytes without a header', 'application/octet-stream', 'x', {}],
    [
      'a header that lies',
      'application/octet-stream',
      'x',
      { 'inference-header-content-length': 'x' },
    ],
    ['nothing', 'application/json', '', {}],
  ])('by sending %s with 200 is a bad gateway', async (_, type, body, headers) => {
    router.answerWith(type, body, { headers })
    const { status, body: told } = await infer()
    expect([status, told.code]).toEqual([502, 'bad_gateway'])
  })
})

describe('metadata', () => {
  test('of health and the server needs no key, of models any key', async () => {
    for (const path of ['/v2', '/v2/health/live', '/v2/health/ready']) {
      expect((await router.send(path, { key: '' })).status).toBe(200)
    }
    for (const path of ['/v2/models', '/v2/models/tone', '/v2/models/tone/ready']) {
      expect((await router.send(path, { key: '' })).status).toBe(401)
      expect((await router.send(path)).status).toBe(200)
      expect((await router.send(path, { key: router.inferKey })).status).toBe(200)
    }
    const index = { method: 'POST', body: '{}' }
    expect((await router.send('/v2/repository/index', { ...index, key: '' })).status).toBe(401)
    expect((await router.send('/v2/repository/index', index)).status).toBe(200)
  })

  test('describes the version that a request without one goes to', async () => {
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [-1, 9] }]
    const manifest = { ...toneManifest, version: '10', inputs }
    await router.admin('POST', '/models', { manifest })
    // what is unknown makes the router look at the registry again
    const lookAgain = () => infer({}, REQUEST, '/v2/models/unknown/infer')
    const described = async () => {
      await lookAgain()
      return (await router.send('/v2/models/tone')).body
    }
    // not yet: it has no deployment
    expect(await described()).toMatchObject({ versions: ['1', '10'] })
    await router.admin('POST', '/deployments', router.place({ version: '10' }))
    expect(await described()).toMatchObject({ versions: ['10', '1'], inputs })
    expect((await infer()).headers.get('mesh-model')).toBe('tone@10')
    await router.admin('DELETE', `/deployments/${encodeURI('tone@10/far')}?now=true`)
    await lookAgain()
    expect((await infer()).headers.get('mesh-model')).toBe('tone@1')
  })

  test('says of a model without a ready deployment that it is not ready', async () => {
    const id = encodeURI('tone@1/far')
    await router.admin('PATCH', `/deployments/${id}`, { state: 'disabled' })
    const ready = await router.send('/v2/models/tone/ready')
    expect([ready.status, ready.body.code]).toEqual([503, 'model_unavailable'])
    expect((await router.send('/v2/models/tone')).status).toBe(200)
    await router.admin('PATCH', `/deployments/${id}`, { state: 'ready' })
    expect((await router.send('/v2/models/tone/ready')).status).toBe(200)
  })
})
