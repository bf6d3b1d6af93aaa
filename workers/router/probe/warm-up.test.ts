import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'

import { startTestRouter, type TestRouter } from '../start-test-router.ts'
import { startSwitchedNode, type SwitchedNode } from './switched-node-fixture.ts'

/** Asked again every two seconds behind the request that registered it, and seen by a check 2 s later. */
const READY_WITHIN = { timeout: 15_000, interval: 100 }
const ID = 'tone@1/new'
/** workerd says that it can't connect; what is in between on this machine, or a proxy elsewhere, answers 5xx. */
const AWAY = /^new (could not be reached|answered 5\d\d)/
const MODEL_READY = 'GET /v2/models/tone/versions/1/ready'

let router: TestRouter
let node: SwitchedNode

beforeAll(async () => {
  router = await startTestRouter()
  await router.admin('DELETE', '/deployments/tone@1/far?now=true')
})
afterAll(() => router.stop())
beforeEach(async () => {
  node = await startSwitchedNode()
})
afterEach(async () => {
  await router.admin('DELETE', `/deployments/${ID}?now=true`)
  await node.goAway()
})

const deploy = (more: Record<string, unknown> = {}) =>
  router.admin('POST', '/deployments', router.place({ node: 'new', target: node.url, ...more }))
const stored = async () => (await router.admin('GET', '/deployments')).body

test('a node that is up is ready at once: its model is asked for, which loads it', async () => {
  const { status, body } = await deploy()
  expect([status, body.state, body.missing]).toEqual([201, 'ready', undefined])
  expect(node.received).toEqual([MODEL_READY])
  expect((await router.infer()).status).toBe(200)
})

test('a node that is down takes no traffic, which is told, and does once it comes up', async () => {
  await node.goAway()
  const { status, body } = await deploy()
  expect([status, body.state]).toEqual([201, 'warming'])
  expect(body.missing).toMatch(AWAY)
  const refused = await router.infer()
  expect(refused.body).toMatchObject({
    code: 'no_deployment',
    explain: { deployments: [{ failed: { predicate: 'state', reason: 'it is warming' } }] },
  })
  expect((await router.send('/topology')).body).toMatchObject({
    nodes: [{ id: 'new', deployments: [{ state: 'warming', health: { reachable: null } }] }],
  })
  await node.comeBack()
  await expect.poll(async () => (await router.infer()).status, READY_WITHIN).toBe(200)
})

test('a node without the model stays away from traffic, and says why', async () => {
  node.readiness(404, { detail: 'this node has no tone@1' })
  const { body } = await deploy()
  expect([body.state, body.missing]).toEqual([
    'warming',
    'new answered 404: this node has no tone@1',
  ])
  expect((await router.infer()).status).toBe(503)
  expect(node.received).not.toContain('POST /models/tone/versions/1')
})

test('a node that comes up long after it was registered is found by the cron trigger', async () => {
  await deploy({ state: 'disabled' })
  const DB = await router.database()
  await DB.batch([
    DB.prepare("UPDATE deployments SET state = 'warming' WHERE id = ?").bind(ID),
    DB.prepare('UPDATE registry_meta SET version = version + 1'),
  ])
  await node.goAway()
  await router.runJobs()
  expect(await stored()).toMatchObject({ deployments: [{ id: ID, state: 'warming' }] })
  await node.comeBack()
  await router.runJobs()
  await expect
    .poll(stored, READY_WITHIN)
    .toMatchObject({ deployments: [{ id: ID, state: 'ready' }] })
  expect((await router.admin('GET', '/audit?limit=1')).body).toMatchObject({
    audit: [{ actor: 'probe', action: 'ready_deployment', target: ID }],
  })
})

test('a state that an operator gives is believed, unasked', async () => {
  await node.goAway()
  expect((await deploy({ state: 'ready' })).body.state).toBe('ready')
  expect((await router.infer()).body).toMatchObject({ attempts: [{ node: 'new' }] })
  expect(node.received).toEqual([])
})

test('who registers again is not asked again, who moved is', async () => {
  await deploy()
  await deploy()
  expect(node.received).toEqual([MODEL_READY])
  const elsewhere = await startSwitchedNode()
  await elsewhere.goAway()
  try {
    const moved = await deploy({ target: elsewhere.url })
    expect([moved.status, moved.body.state]).toEqual([200, 'warming'])
  } finally {
    await elsewhere.goAway()
  }
})

test('what an operator changes while it warms up is not undone', async () => {
  await deploy()
  node.hold()
  const moving = deploy({ target: `${node.url}/` })
  await expect.poll(() => node.received.length).toBe(2)
  await router.admin('PATCH', `/deployments/${ID}`, { state: 'disabled', weight: 7 })
  node.release()
  const { body } = await moving
  expect([body.state, body.weight, body.missing]).toEqual(['disabled', 7, undefined])
})

test('what an operator took out of traffic stays out, wherever it moves', async () => {
  await deploy()
  await router.admin('PATCH', `/deployments/${ID}`, { state: 'disabled' })
  const moved = await deploy({ target: `${node.url}/` })
  expect([moved.status, moved.body.state]).toEqual([200, 'disabled'])
})
