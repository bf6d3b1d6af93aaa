import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { DRAIN_MS } from './drain-deployment.ts'
import { startTestRouter, type TestRouter } from '../start-test-router.ts'

const PATH = '/deployments/tone@1/far'

let router: TestRouter

beforeAll(async () => {
  router = await startTestRouter()
})
afterAll(() => router.stop())
beforeEach(async () => {
  await router.admin('POST', '/deployments', router.place({ state: 'ready' }))
})

const remove = (query = '') => router.admin('DELETE', `${PATH}${query}`)
const stored = async () => {
  const { body } = await router.admin('GET', '/deployments')
  return (body.deployments as { state: string; removeAt: number | null }[])[0]
}
async function endGrace(): Promise<void> {
  const DB = await router.database()
  await DB.batch([
    DB.prepare('UPDATE deployments SET remove_at = ?').bind(Date.now() - 1),
    DB.prepare('UPDATE registry_meta SET version = version + 1'),
  ])
}

test('what takes traffic is drained before it is removed', async () => {
  const before = Date.now()
  const { status, body } = await remove()
  expect([status, body.state]).toEqual([202, 'draining'])
  expect(Number(body.stateSince)).toBeGreaterThanOrEqual(before)
  expect(body.removeAt).toBe(Number(body.stateSince) + DRAIN_MS)
  expect((await router.infer()).body.code).toBe('no_deployment')
  expect(await stored()).toMatchObject({ state: 'draining', removeAt: body.removeAt })
})

test('asking twice changes nothing, nor does the cron trigger while the grace lasts', async () => {
  const first = await remove()
  const again = await remove()
  expect([again.status, again.body]).toEqual([202, first.body])
  await router.runJobs()
  expect(await stored()).toMatchObject({ removeAt: first.body.removeAt })
})

test('the cron trigger removes it when the grace is over, so that its model can go', async () => {
  await remove()
  await endGrace()
  await router.runJobs()
  await expect.poll(stored).toBeUndefined()
  expect((await router.admin('GET', '/audit?limit=1')).body).toMatchObject({
    audit: [{ actor: 'cron', action: 'delete_deployment', target: 'tone@1/far' }],
  })
})

test('so does whoever asks then', async () => {
  await remove()
  await endGrace()
  expect((await remove()).status).toBe(204)
  expect((await remove()).status).toBe(404)
})

test('now=true removes at once, and nothing else does', async () => {
  for (const query of ['?now=false', '?now=1', '?now=']) {
    expect((await remove(query)).status).toBe(400)
  }
  expect((await remove('?now=true')).status).toBe(204)
  expect(await stored()).toBeUndefined()
})

test('what takes no traffic is removed at once', async () => {
  for (const state of ['draining', 'disabled']) {
    await router.admin('POST', '/deployments', router.place({ state }))
    expect((await remove()).status).toBe(204)
  }
})

test('a model whose last deployment drains stays until it is gone', async () => {
  await remove()
  expect((await router.admin('DELETE', '/models/tone')).body.code).toBe('conflict')
})

test('a node that registers itself meanwhile is back, and so is one that an operator wants back', async () => {
  await remove()
  const again = await router.admin('POST', '/deployments', router.place())
  expect([again.body.state, again.body.removeAt]).toEqual(['ready', null])
  await remove()
  const patched = await router.admin('PATCH', PATH, { state: 'ready' })
  expect([patched.body.state, patched.body.removeAt]).toEqual(['ready', null])
  await router.runJobs()
  expect(await stored()).toMatchObject({ state: 'ready' })
})
