import { afterAll, beforeAll, expect, test } from 'vitest'

import { createRouter } from './create-router.ts'
import type { RouterBindings } from './env.ts'
import { createIsolateState } from './isolate-state.ts'
import { ADMIN_KEY, startTestRouter, TONE, type TestRouter } from './start-test-router.ts'

let router: TestRouter

beforeAll(async () => {
  router = await startTestRouter()
}, 60_000)
afterAll(() => router.stop())

/**
 * A caller that hangs up ends its request in workerd, `finally` and all: places at the deployment were taken for
 * ever, until nobody was let in. The harness's proxy keeps what its caller left, so the promise is looked at.
 */
test('a call is kept alive until it has given back what it took, whoever hangs up', async () => {
  const state = createIsolateState()
  // as: the settings that an inference over http reads
  const env = {
    DB: await router.database(),
    ADMIN_KEY,
    SIGNING_KEY: router.signingKey,
    ENVIRONMENT: 'development',
  } as RouterBindings
  const behind: Promise<unknown>[] = []
  const context = {
    waitUntil: (work: Promise<unknown>) => behind.push(work),
    passThroughOnException: () => undefined,
    props: {},
  }
  const inFlight = () => Array.from(state.board.entries(), ({ health }) => health.inFlight)
  router.answerWith('application/json', '[]', { delayMs: 200 })
  const headers = { authorization: `Bearer ${router.inferKey}`, 'content-type': 'text/plain' }
  const init = { method: 'POST', headers, body: 'hello' }
  const answer = createRouter(state).request(`/infer/${TONE}`, init, env, context)
  await expect.poll(inFlight).toEqual([1])
  const kept = [...behind]
  expect(kept.length).toBeGreaterThan(0)
  await Promise.all(kept)
  expect(inFlight()).toEqual([0])
  expect((await answer).status).toBe(200)
  await Promise.all(behind)
})
