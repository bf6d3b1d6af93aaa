import { afterAll, beforeAll, expect, test } from 'vitest'

import { startTestRouter, TONE, type TestRouter } from './start-test-router.ts'

let router: TestRouter

beforeAll(async () => {
  router = await startTestRouter({ RATE_LIMIT_POLICY: 'q=5;w=10' }, [
    { name: 'RATE_LIMITER', namespace_id: '1', simple: { limit: 5, period: 10 } },
  ])
}, 60_000)
afterAll(() => router.stop())

test('a key that asks too often is refused, told when to come again, and no other key is', async () => {
  const answers = []
  // the local limiter counts by clock windows: two of them may fall into the loop
  for (let i = 0; i < 12; i++) answers.push(await router.infer())
  const refused = answers.filter(({ status }) => status === 429)
  expect(answers[0]?.headers.get('ratelimit-policy')).toBe('"key";q=5;w=10')
  expect(refused.length).toBeGreaterThanOrEqual(2)
  expect(refused[0]?.body).toMatchObject({ code: 'rate_limited', retryable: false })
  expect(refused[0]?.headers.get('retry-after')).toBe('10')
  expect(refused[0]?.headers.get('ratelimit')).toBe('"key";r=0;t=10')
  const { body } = await router.admin('POST', '/keys', { name: 'other', scopes: ['infer'] })
  const other = await router.send(`/infer/${TONE}`, {
    method: 'POST',
    key: String(body.key),
    headers: { 'content-type': 'text/plain' },
    body: 'hello',
  })
  expect(other.status).toBe(200)
})

test('what runs no model is not counted', async () => {
  for (let i = 0; i < 8; i++) {
    expect((await router.send('/capabilities', { key: router.inferKey })).status).toBe(200)
  }
})
