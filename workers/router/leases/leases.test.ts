import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { LeaseStore } from './lease-store.ts'
import { startTestRouter, TONE, type TestRouter } from '../start-test-router.ts'

const FAR = 'tone@1/far'
/** A snapshot, leases with it, is used unchecked for 2 s. */
const SEEN_WITHIN = { timeout: 10_000, interval: 100 }

let router: TestRouter
let database: Awaited<ReturnType<TestRouter['database']>>

beforeAll(async () => {
  router = await startTestRouter()
  database = await router.database()
})
afterAll(() => router.stop())
beforeEach(async () => {
  await router.admin('POST', '/deployments', router.place({ leaseSeconds: 60 }))
  await expect.poll(async () => (await router.infer()).status, SEEN_WITHIN).toBe(200)
})

/** As if the node had last renewed so that its lease ends then. */
function endLease(at: number, id = FAR): Promise<unknown> {
  return database
    .prepare('INSERT OR REPLACE INTO leases (deployment_id, expires_at) VALUES (?, ?)')
    .bind(id, at)
    .run()
}
const renew = (...deployments: string[]) => router.admin('POST', '/leases', { deployments })
const infer = async () => (await router.infer()).body
const version = async () => (await router.send('/topology')).body.registryVersion

test('an expired lease takes no traffic, and whoever asks is told since when', async () => {
  await endLease(Date.now() - 12_000)
  await expect.poll(infer, SEEN_WITHIN).toMatchObject({ code: 'no_deployment' })
  const { explain } = (await infer()) as { explain?: { deployments: unknown[] } }
  const reason = expect.stringMatching(/^its lease expired \d+ s ago$/)
  const told = [{ node: 'far', failed: { predicate: 'lease', reason } }]
  expect(explain?.deployments).toMatchObject(told)
  const body = JSON.stringify({ capability: TONE })
  const explained = await router.send('/explain', { method: 'POST', key: router.inferKey, body })
  expect(explained.body.deployments).toMatchObject(told)
  const { body: offered } = await router.send('/capabilities')
  expect(offered).toMatchObject({ capabilities: [{ id: TONE, ready: 0 }] })
  const { body: topology } = await router.send('/topology')
  expect(topology).toMatchObject({
    nodes: [
      { id: 'far', deployments: [{ state: 'ready', health: { lease: 'over', reachable: null } }] },
    ],
  })
})

test('traffic ends with the lease itself, not with the next look at the registry', async () => {
  const end = Date.now() + 4_000
  await endLease(end)
  const sent: { before: boolean; after: boolean; status: number }[] = []
  while (Date.now() < end + 500) {
    const before = Date.now()
    const { status } = await router.infer()
    sent.push({ before: Date.now() < end, after: before > end, status })
  }
  expect(new Set(sent.filter((own) => own.before).map(({ status }) => status))).toEqual(
    new Set([200]),
  )
  expect(new Set(sent.filter((own) => own.after).map(({ status }) => status))).toEqual(
    new Set([503]),
  )
})

test('renewing brings it back, raises no counter and is not audited', async () => {
  await endLease(Date.now() - 1)
  await expect.poll(infer, SEEN_WITHIN).toMatchObject({ code: 'no_deployment' })
  const before = [await version(), (await router.admin('GET', '/audit?limit=1')).body]
  const { status, body } = await renew(FAR)
  expect([status, body]).toEqual([200, { renewed: [FAR], refused: [] }])
  await expect.poll(async () => (await router.infer()).status, SEEN_WITHIN).toBe(200)
  expect([await version(), (await router.admin('GET', '/audit?limit=1')).body]).toEqual(before)
})

test('registering again renews, and raises no counter either', async () => {
  await endLease(Date.now() - 1)
  await expect.poll(infer, SEEN_WITHIN).toMatchObject({ code: 'no_deployment' })
  const before = await version()
  const again = await router.admin('POST', '/deployments', router.place())
  expect([again.status, again.body.leaseSeconds]).toEqual([200, 60])
  await expect.poll(async () => (await router.infer()).status, SEEN_WITHIN).toBe(200)
  expect(await version()).toBe(before)
})

test('what an operator changes does not renew it', async () => {
  await endLease(Date.now() - 1)
  await router.admin('PATCH', `/deployments/${FAR}`, { weight: 2 })
  await expect.poll(infer, SEEN_WITHIN).toMatchObject({ code: 'no_deployment' })
  await router.admin('PATCH', `/deployments/${FAR}`, { weight: 1 })
})

test('a lease that is taken away leaves a deployment that needs none', async () => {
  await endLease(Date.now() - 1)
  const taken = await router.admin('POST', '/deployments', router.place({ leaseSeconds: null }))
  expect([taken.status, taken.body.leaseSeconds]).toEqual([200, null])
  expect((await router.infer()).status).toBe(200)
  expect((await renew(FAR)).body).toEqual({ renewed: [], refused: [FAR] })
})

test('what is unknown is not renewed, and what is no list of ids is refused', async () => {
  const { body } = await renew('tone@1/nobody', FAR, "x' or 1=1 --")
  expect(body).toEqual({ renewed: [FAR], refused: ['tone@1/nobody', "x' or 1=1 --"] })
  for (const wrong of [{}, { deployments: [] }, { deployments: [''] }, { deployments: 'all' }]) {
    expect((await router.admin('POST', '/leases', wrong)).status).toBe(400)
  }
  const many = { deployments: Array.from({ length: 1_001 }, (_, i) => `d${i}`) }
  expect((await router.admin('POST', '/leases', many)).status).toBe(400)
  for (const leaseSeconds of [9, 86_401, 10.5, '60']) {
    const { status } = await router.admin('POST', '/deployments', router.place({ leaseSeconds }))
    expect([leaseSeconds, status]).toEqual([leaseSeconds, 400])
  }
})

test('the cron trigger forgets what has been away for an hour, and nothing else', async () => {
  for (const node of ['away', 'late'])
    await router.admin('POST', '/deployments', router.place({ node, leaseSeconds: 60 }))
  await endLease(Date.now() - 3_700_000, 'tone@1/away')
  await endLease(Date.now() - 3_500_000, 'tone@1/late')
  await router.runJobs()
  const ids = async () => JSON.stringify((await router.admin('GET', '/deployments')).body)
  await expect.poll(ids, SEEN_WITHIN).not.toContain('tone@1/away')
  expect(await ids()).toContain('tone@1/late')
  expect((await router.admin('GET', '/audit?limit=1')).body).toMatchObject({
    audit: [{ actor: 'cron', action: 'delete_deployment', target: 'tone@1/away' }],
  })
  await router.admin('DELETE', '/deployments/tone@1/late?now=true')
})

test('of a thousand nodes an isolate reads those that renewed since it last looked, and no change is noted', async () => {
  const store = new LeaseStore({ DB: database })
  await database.batch([
    database.prepare(`
      insert into deployments
        (id, model_id, version, node, placement, transport, target, weight, state, lease_seconds, updated_at)
      with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000)
      select 'many-' || i, 'tone', '1', 'many-' || i, 'native', 'http', 'https://many.example', 1, 'disabled', 60, 0 from n`),
  ])
  const ids = Array.from({ length: 1_000 }, (_, i) => `many-${i + 1}`)
  const changes = () =>
    database.prepare('select max(id) as last from registry_changes').first<{ last: number }>()
  const before = await changes()
  expect((await renew(...ids)).body).toMatchObject({ refused: [] })
  const all = await store.readAfter(0)
  expect(all.filter(({ deploymentId }) => deploymentId.startsWith('many-'))).toHaveLength(1_000)
  const last = all.at(-1)?.id ?? 0
  await renew(...ids.slice(0, 10))
  const renewed = await store.readAfter(last)
  expect(renewed.map(({ deploymentId }) => deploymentId).toSorted()).toEqual(
    ids.slice(0, 10).toSorted(),
  )
  expect(await store.readAfter(renewed.at(-1)?.id ?? 0)).toEqual([])
  expect(await changes()).toEqual(before)
  await database.batch([
    database.prepare("delete from deployments where id like 'many-%'"),
    database.prepare("delete from leases where deployment_id like 'many-%'"),
  ])
})
