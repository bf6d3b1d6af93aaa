import { afterAll, beforeAll, expect, test } from 'vitest'

import { startTestRouter, type TestRouter } from '../start-test-router.ts'
import { startSwitchedNode, type SwitchedNode } from './switched-node-fixture.ts'

/** A node is asked three times, a second apart; what is found is seen by a check 2 s later. */
const SEEN_WITHIN = { timeout: 15_000, interval: 200 }
const ID = 'tone@1/near'
const NODE_READY = 'GET /v2/health/ready'

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

const answeredBy = async () => (await router.infer()).headers.get('mesh-node')
const unreachable = async () => {
  const { body } = await router.admin('GET', '/deployments')
  const { deployments } = body as {
    deployments: { id: string; unreachableSince: number | null }[]
  }
  return deployments.filter((own) => own.unreachableSince !== null).map(({ id }) => id)
}
const version = async () => (await router.send('/topology')).body.registryVersion

test('a node that is there is asked once, and nothing is stored of it', async () => {
  near.received.length = 0
  const before = await version()
  await router.runJobs()
  await expect.poll(() => near.received).toEqual([NODE_READY])
  expect(await version()).toBe(before)
})

test('what is gone is asked last by everyone, and told as such', async () => {
  await near.goAway()
  await router.runJobs()
  await expect.poll(unreachable, SEEN_WITHIN).toEqual([ID])
  const { headers } = await router.infer()
  expect(headers.get('mesh-route')).toMatch(/^native\/far;tone@1;ok;[\d.]+ms$/)
  expect((await router.send('/topology')).body).toMatchObject({
    nodes: [{ id: 'far' }, { deployments: [{ health: { reachable: false } }] }],
  })
  expect((await router.admin('GET', '/audit?limit=1')).body).toMatchObject({
    audit: [{ actor: 'probe', action: 'unreachable_deployment', target: ID }],
  })
})

test('but is asked all the same when nobody else is left: a probe can be wrong', async () => {
  await near.comeBack()
  await router.admin('PATCH', '/deployments/tone@1/far', { state: 'disabled' })
  expect(await answeredBy()).toBe('near')
  await router.admin('PATCH', '/deployments/tone@1/far', { state: 'ready' })
  expect(await answeredBy()).toBe('far')
})

test('what is back is asked first again', async () => {
  await router.runJobs()
  await expect.poll(unreachable, SEEN_WITHIN).toEqual([])
  expect(await answeredBy()).toBe('near')
})

test('a node that refuses the question is there', async () => {
  near.readiness(401)
  await router.runJobs()
  expect(await unreachable()).toEqual([])
  near.readiness(200)
})

test('a node that says it is not ready is treated as gone', async () => {
  near.readiness(503)
  await router.runJobs()
  await expect.poll(unreachable, SEEN_WITHIN).toEqual([ID])
  const { bytes } = await router.send('/metrics')
  const metrics = new TextDecoder().decode(bytes)
  expect(metrics).toMatch(/mesh_probes_total\{occasion="cron",result="failed"\} [1-9]/)
  expect(metrics).toMatch(/mesh_unreachable_deployments 1/)
})

test('who may ask no more gives no verdict', async () => {
  const silent = await startTestRouter({ PROBES_PER_RUN: '2' })
  const gone = await startSwitchedNode()
  try {
    const place = silent.place({ node: 'gone', target: gone.url })
    await silent.admin('POST', '/deployments', place)
    await silent.admin('PATCH', '/deployments/tone@1/far', { state: 'disabled' })
    await gone.goAway()
    await silent.runJobs()
    const { body } = await silent.admin('GET', '/deployments')
    expect(body).toMatchObject({
      deployments: [{ node: 'far' }, { node: 'gone', unreachableSince: null }],
    })
  } finally {
    await silent.stop()
  }
}, 60_000)

test('who registers itself again is believed to be back', async () => {
  const place = router.place({ node: 'near', placement: 'edge', target: near.url })
  await router.admin('POST', '/deployments', place)
  expect(await unreachable()).toEqual([])
})

test('who moves while it is asked where it was is not taken to be gone', async () => {
  near.readiness(200)
  await near.goAway()
  const elsewhere = await startSwitchedNode()
  const place = { node: 'near', placement: 'edge' }
  try {
    const jobs = router.runJobs()
    const moved = router.place({ ...place, target: elsewhere.url })
    expect((await router.admin('POST', '/deployments', moved)).body.state).toBe('ready')
    await jobs
    expect(await unreachable()).toEqual([])
  } finally {
    await near.comeBack()
    await router.admin('POST', '/deployments', router.place({ ...place, target: near.url }))
    await elsewhere.goAway()
  }
})
