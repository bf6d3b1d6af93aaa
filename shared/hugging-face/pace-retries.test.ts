import { Hono } from 'hono'
import { expect, test } from 'vitest'

import { paceRetries } from './pace-retries.ts'

async function timed(status: 200 | 503, headers: Record<string, string>, retryAfter?: string) {
  const app = new Hono()
  app.get('/', paceRetries, (c) => {
    if (retryAfter !== undefined) c.header('retry-after', retryAfter)
    return c.body(null, status)
  })
  const began = performance.now()
  await app.request('/', { headers })
  return performance.now() - began
}

test('holds back a 503, and nothing else, for as long as the caller should wait', async () => {
  expect(await timed(503, {})).toBeGreaterThan(950)
  expect(await timed(503, {}, '2')).toBeGreaterThan(1_950)
  expect(await timed(200, {}, '2')).toBeLessThan(500)
})

test('never beyond the caller’s deadline', async () => {
  const patient = await timed(503, { 'mesh-deadline-ms': '100' })
  expect(patient).toBeGreaterThan(80)
  expect(patient).toBeLessThan(600)
  expect(await timed(503, { 'mesh-deadline-ms': 'soon' })).toBeLessThan(500)
})
