import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { startTestRouter, TONE, toneManifest, type TestRouter } from '../start-test-router.ts'

const JSON_TYPE = 'application/json'

let router: TestRouter
let sent = 0

beforeAll(async () => {
  router = await startTestRouter()
}, 60_000)
afterAll(() => router.stop())
beforeEach(() => {
  router.received.length = 0
  router.answerWith(JSON_TYPE, '[{"label":"good","score":1}]')
})

interface Asked {
  text?: string
  headers?: Record<string, string>
  key?: string
}

function ask({ text = 'hello', headers = {}, key = router.inferKey }: Asked = {}) {
  return router.send(`/infer/${TONE}`, {
    method: 'POST',
    key,
    cached: true,
    headers: { 'content-type': 'text/plain', ...headers },
    body: text,
  })
}

/** A text that no test has asked for. */
const fresh = () => `text ${sent++}`
const statusOf = ({ headers }: { headers: Headers }) => headers.get('cache-status')

describe('an answer', () => {
  test('is kept and given again, with its age, who made it and the same body', async () => {
    const text = fresh()
    const first = await ask({ text })
    expect(statusOf(first)).toBe('capillary; fwd=uri-miss; stored')
    const second = await ask({ text })
    expect(statusOf(second)).toBe('capillary; hit')
    expect(second.headers.get('age')).toMatch(/^\d+$/)
    expect(second.headers.get('mesh-route')).toBe('cache/router;tone@1;ok;0ms')
    expect(second.headers.get('mesh-node')).toBe('far')
    expect(second.body).toEqual(first.body)
    expect(router.received).toHaveLength(1)
  })

  test('is found by the meaning of JSON, not by how it is written', async () => {
    const text = fresh()
    const headers = { 'content-type': JSON_TYPE }
    await ask({ text: JSON.stringify({ inputs: text, parameters: { a: 1, b: 2 } }), headers })
    const other = `{ "parameters": {"b": 2, "a": 1.0}, "inputs": ${JSON.stringify(text)} }`
    expect(statusOf(await ask({ text: other, headers }))).toBe('capillary; hit')
  })

  test('is never given to another caller', async () => {
    const text = fresh()
    await ask({ text })
    const { body } = await router.admin('POST', '/keys', { name: 'other', scopes: ['infer'] })
    const other = await ask({ text, key: String(body.key) })
    expect(statusOf(other)).toBe('capillary; fwd=uri-miss; stored')
    expect(router.received).toHaveLength(2)
  })

  test('is not given for another content-type or input', async () => {
    const text = fresh()
    await ask({ text })
    await ask({ text, headers: { 'content-type': 'text/plain; charset=utf-8' } })
    await ask({ text: `${text} ` })
    expect(router.received).toHaveLength(3)
  })

  test('is not given again once the model has other artefacts', async () => {
    const text = fresh()
    await ask({ text })
    const artefacts = { 'model.onnx': 'c'.repeat(64) }
    await router.admin('POST', '/models', { manifest: toneManifest, artefacts })
    expect(statusOf(await ask({ text }))).toBe('capillary; fwd=uri-miss; stored')
  })

  /** A request for a native node was once given what the edge had answered before. */
  test('is not given to who asks for another place', async () => {
    const text = fresh()
    await router.admin('POST', '/deployments', router.place({ node: 'near', placement: 'edge' }))
    const anywhere = await ask({ text })
    expect(anywhere.headers.get('mesh-node')).toBe('near')
    const native = await ask({ text, headers: { 'mesh-placement': 'native' } })
    expect(native.headers.get('mesh-node')).toBe('far')
    await router.admin('DELETE', '/deployments/tone@1/near?now=true')
  })

  test('is not given again when who made it was removed, and is somewhere else', async () => {
    const text = fresh()
    const lie = { node: 'near', placement: 'edge', target: router.farUrl }
    await router.admin('POST', '/deployments', router.place(lie))
    expect((await ask({ text })).headers.get('mesh-node')).toBe('near')
    expect(statusOf(await ask({ text }))).toBe('capillary; hit')
    await router.admin('DELETE', '/deployments/tone@1/near?now=true')
    const target = router.farUrl.replace('127.0.0.1', 'localhost')
    await router.admin('POST', '/deployments', router.place({ ...lie, target }))
    expect(statusOf(await ask({ text }))).toBe('capillary; fwd=uri-miss; stored')
    await router.admin('DELETE', '/deployments/tone@1/near?now=true')
  })

  test('that is an error is not kept', async () => {
    const text = fresh()
    router.answerWith(JSON_TYPE, '{}', { status: 500 })
    expect((await ask({ text })).status).toBe(502)
    router.answerWith(JSON_TYPE, '[]')
    const second = await ask({ text })
    expect([second.status, statusOf(second)]).toEqual([200, 'capillary; fwd=uri-miss; stored'])
  })
})

describe("a caller's cache-control", () => {
  test('no-cache has it made anew, and kept', async () => {
    const text = fresh()
    await ask({ text })
    const anew = await ask({ text, headers: { 'cache-control': 'no-cache' } })
    expect(statusOf(anew)).toBe('capillary; fwd=request; stored')
    expect(router.received).toHaveLength(2)
  })

  test('no-store keeps nothing', async () => {
    const text = fresh()
    const headers = { 'cache-control': 'no-store' }
    expect(statusOf(await ask({ text, headers }))).toBe('capillary; fwd=uri-miss')
    expect(statusOf(await ask({ text }))).toBe('capillary; fwd=uri-miss; stored')
  })

  test('only-if-cached asks nobody', async () => {
    const text = fresh()
    const headers = { 'cache-control': 'only-if-cached' }
    const { status, body } = await ask({ text, headers })
    expect([status, body.code]).toEqual([504, 'not_cached'])
    expect(router.received).toHaveLength(0)
    await ask({ text })
    expect(statusOf(await ask({ text, headers }))).toBe('capillary; hit')
  })

  test('max-age takes nothing older', async () => {
    const text = fresh()
    await ask({ text })
    await new Promise((resolve) => setTimeout(resolve, 30))
    const headers = { 'cache-control': 'max-age=0' }
    expect(statusOf(await ask({ text, headers }))).toBe('capillary; fwd=uri-miss; stored')
    expect(statusOf(await ask({ text, headers: { 'cache-control': 'max-age=60' } }))).toBe(
      'capillary; hit',
    )
  })

  test('that cannot be meant is refused before anyone is asked', async () => {
    const { status } = await ask({ text: fresh(), headers: { 'cache-control': 'max-age=soon' } })
    expect(status).toBe(400)
    expect(router.received).toHaveLength(0)
  })
})

describe('an ETag', () => {
  test('spares the body to who has it, kept or made anew', async () => {
    const text = fresh()
    const etag = (await ask({ text })).headers.get('etag') ?? ''
    expect(etag).toMatch(/^"[0-9a-f]{32}"$/)
    for (const extra of [{}, { 'cache-control': 'no-cache' }]) {
      const again = await ask({ text, headers: { 'if-none-match': `"x", W/${etag}`, ...extra } })
      expect([again.status, again.bytes.byteLength]).toEqual([304, 0])
      expect(again.headers.get('etag')).toBe(etag)
    }
  })

  test('of an answer that was wrong spares the right one to nobody', async () => {
    const text = fresh()
    router.answerWith(JSON_TYPE, '[{"label":"bad","score":1}]')
    const etag = (await ask({ text })).headers.get('etag') ?? ''
    router.answerWith(JSON_TYPE, '[{"label":"good","score":1}]')
    const headers = { 'if-none-match': etag, 'cache-control': 'no-cache' }
    expect((await ask({ text, headers })).body).toEqual([{ label: 'good', score: 1 }])
  })

  test('of another input spares nothing', async () => {
    const etag = (await ask({ text: fresh() })).headers.get('etag') ?? ''
    router.answerWith(JSON_TYPE, '[]')
    const other = await ask({ text: fresh(), headers: { 'if-none-match': etag } })
    expect(other.status).toBe(200)
  })
})

describe('identical calls at once', () => {
  test('are made once, and each has its answer', async () => {
    const text = fresh()
    router.answerWith(JSON_TYPE, '[{"label":"good","score":1}]', { delayMs: 150 })
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask({ text })))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200))
    expect(router.received).toHaveLength(1)
    const collapsed = answers.filter((own) => statusOf(own)?.endsWith('collapsed'))
    expect(collapsed).toHaveLength(7)
  })

  test('of two callers are made twice', async () => {
    const text = fresh()
    router.answerWith(JSON_TYPE, '[]', { delayMs: 100 })
    const { body } = await router.admin('POST', '/keys', { name: 'third', scopes: ['infer'] })
    await Promise.all([ask({ text }), ask({ text, key: String(body.key) })])
    expect(router.received).toHaveLength(2)
  })

  test('that fail are each tried for themselves: no failure is shared', async () => {
    const text = fresh()
    router.answerWith(JSON_TYPE, '{}', { status: 500, delayMs: 100 })
    const answers = await Promise.all([ask({ text }), ask({ text })])
    expect(answers.map(({ status }) => status)).toEqual([502, 502])
    expect(router.received).toHaveLength(2)
  })
})

test('what a node said is not given again once it fails its examples', async () => {
  const strict = await startTestRouter({ VERIFICATION: 'lenient' })
  const send = (headers = {}) =>
    strict.send(`/infer/${TONE}`, {
      method: 'POST',
      key: strict.inferKey,
      cached: true,
      headers: { 'content-type': 'text/plain', ...headers },
      body: 'hello',
    })
  try {
    const target = strict.farUrl.replace('127.0.0.1', 'localhost')
    await strict.admin('POST', '/deployments', strict.place({ node: 'well', target }))
    strict.answerWith(JSON_TYPE, '[{"label":"bad","score":1}]')
    const first = await send()
    const node = first.headers.get('mesh-node')
    expect(statusOf(await send())).toBe('capillary; hit')
    await strict.admin('POST', '/verifications', { deployment: `tone@1/${node}` })
    strict.answerWith(JSON_TYPE, '[{"label":"good","score":1}]')
    const now = await send({ 'if-none-match': String(first.headers.get('etag')) })
    expect([now.status, now.body]).toEqual([200, [{ label: 'good', score: 1 }]])
    expect(now.headers.get('mesh-node')).not.toBe(node)
  } finally {
    await strict.stop()
  }
}, 60_000)
