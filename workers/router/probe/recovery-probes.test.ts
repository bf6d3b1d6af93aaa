import { afterAll, beforeAll, expect, test } from 'vitest'

import { startTestRouter, type TestRouter } from '../start-test-router.ts'
import { startSwitchedNode, type SwitchedNode } from './switched-node-fixture.ts'

/** Longer than a breaker is open: without probes a request would be spent on finding out. */
const OUTAGE_MS = 7_000
const BACK_WITHIN = { timeout: 30_000, interval: 50 }

let router: TestRouter
let near: SwitchedNode

beforeAll(async () => {
  router = await startTestRouter()
  near = await startSwitchedNode()
  const place = router.place({ node: 'near', placement: 'edge', target: near.url })
  await router.admin('POST', '/deployments', place)
})
afterAll(async () => {
  await router.stop()
  await near.goAway()
})

const route = async () => {
  const { status, headers } = await router.infer()
  return `${status} ${headers.get('mesh-route')}`
}
const isNear = (told: string) => /^200 edge\/near;tone@1;ok;[\d.]+ms$/.test(told)
const isFar = (told: string) => /^200 native\/far;tone@1;ok;[\d.]+ms$/.test(told)
const wasInVain = (told: string) => /edge\/near;tone@1;(?!ok;|cancelled;)/.test(told)

test('a node that was away is let in again by a probe: no request is spent on it', async () => {
  expect(isNear(await route())).toBe(true)
  await near.goAway()
  // those that find it gone are answered by the other
  await expect.poll(async () => isFar(await route()), BACK_WITHIN).toBe(true)
  const until = Date.now() + OUTAGE_MS
  const meanwhile: string[] = []
  while (Date.now() < until) meanwhile.push(await route())
  expect(meanwhile.filter((told) => !isFar(told))).toEqual([])

  near.received.length = 0
  await near.comeBack()
  const after: string[] = []
  await expect
    .poll(async () => {
      const told = await route()
      after.push(told)
      return isNear(told)
    }, BACK_WITHIN)
    .toBe(true)
  // on a busy machine the first call of it may be hedged, and the other be sooner
  expect(after.filter((told) => !told.startsWith('200') || wasInVain(told))).toEqual([])
  expect(near.received.slice(0, 2)).toEqual([
    'GET /v2/health/ready',
    'POST /models/tone/versions/1',
  ])
}, 60_000)

test('one that is gone from the registry is not asked any more', async () => {
  await near.goAway()
  await expect.poll(async () => isFar(await route()), BACK_WITHIN).toBe(true)
  await router.admin('DELETE', '/deployments/tone@1/near?now=true')
  near.received.length = 0
  await near.comeBack()
  const until = Date.now() + 4_000
  while (Date.now() < until) await route()
  expect(near.received).toEqual([])
}, 60_000)
