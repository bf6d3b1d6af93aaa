import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { startTestRouter, type TestRouter } from '../start-test-router.ts'

let router: TestRouter

beforeAll(async () => {
  router = await startTestRouter()
}, 60_000)
afterAll(() => router.stop())

function change(method: string, path: string, body: unknown, key: string) {
  return router.send(`/admin${path}`, {
    method,
    headers: { 'idempotency-key': key },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}
const measurement = (value: number) => ({ deployment: 'tone@1/far', metric: 'accuracy', value })
const audited = async () => {
  const { body } = await router.admin('GET', '/audit?limit=500')
  return Array.isArray(body.audit) ? body.audit.length : 0
}

describe('a change with an idempotency key', () => {
  test('is made once, and a repetition is given the first answer', async () => {
    const before = await audited()
    const first = await change('POST', '/measurements', measurement(0.5), '"one"')
    const again = await change('POST', '/measurements', measurement(0.5), '"one"')
    expect([first.status, again.status]).toEqual([201, 201])
    expect(again.body).toEqual(first.body)
    expect([first.headers, again.headers].map((h) => h.get('idempotency-replayed'))).toEqual([
      null,
      'true',
    ])
    expect(await audited()).toBe(before + 1)
  })

  test('is the same whether the key is quoted or bare', async () => {
    await change('POST', '/measurements', measurement(0.6), 'two')
    const again = await change('POST', '/measurements', measurement(0.6), '"two"')
    expect(again.headers.get('idempotency-replayed')).toBe('true')
  })

  test('is refused when the key was used for another', async () => {
    await change('POST', '/measurements', measurement(0.7), '"three"')
    const other = await change('POST', '/measurements', measurement(0.8), '"three"')
    expect([other.status, other.body.code]).toEqual([409, 'conflict'])
    const elsewhere = await change('POST', '/keys', measurement(0.7), '"three"')
    expect(elsewhere.status).toBe(409)
  })

  test('is another where only the query differs: one drains a deployment, the other removes it at once', async () => {
    await router.admin('POST', '/deployments', router.place({ node: 'spare', state: 'ready' }))
    const drained = await change('DELETE', '/deployments/tone@1/spare', undefined, '"away"')
    const removed = await change(
      'DELETE',
      '/deployments/tone@1/spare?now=true',
      undefined,
      '"away"',
    )
    expect([drained.status, removed.status]).toEqual([202, 409])
  })

  test('may be tried again when it was refused', async () => {
    const wrong = { ...measurement(0.9), deployment: 'none' }
    expect((await change('POST', '/measurements', wrong, '"four"')).status).toBe(404)
    expect((await change('POST', '/measurements', measurement(0.9), '"four"')).status).toBe(201)
  })

  test('made at the same time is made once', async () => {
    const before = await audited()
    const both = await Promise.all(
      Array.from({ length: 6 }, () => change('POST', '/measurements', measurement(0.4), '"five"')),
    )
    expect(new Set(both.map(({ status }) => status)).isSubsetOf(new Set([201, 409]))).toBe(true)
    expect(await audited()).toBe(before + 1)
  })

  test('that made a secret never shows it again, and never keeps it', async () => {
    const body = { name: 'x', scopes: ['infer'] }
    const first = await change('POST', '/keys', body, '"six"')
    const again = await change('POST', '/keys', body, '"six"')
    expect([again.status, again.body.code]).toEqual([409, 'conflict'])
    const { results } = await (
      await router.database()
    )
      .prepare('SELECT * FROM idempotency_keys')
      .all()
    expect(JSON.stringify(results)).not.toContain(String(first.body.key))
  })

  test.each(['""', '"a', 'a b', '"a"b', `"${'x'.repeat(129)}"`])(
    'is refused when the key is none: %s',
    async (key) => {
      const { status } = await change('POST', '/measurements', measurement(0.1), key)
      expect(status).toBe(400)
    },
  )

  test('that was begun and never ended is forgotten after a minute', async () => {
    const database = await router.database()
    await change('POST', '/measurements', measurement(0.3), '"seven"')
    await database
      .prepare('UPDATE idempotency_keys SET status = NULL, created_at = created_at - 61000')
      .run()
    expect((await change('POST', '/measurements', measurement(0.3), '"seven"')).status).toBe(201)
  })
})
