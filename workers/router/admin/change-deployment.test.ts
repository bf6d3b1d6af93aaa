/** Two who change a deployment at once: the other's change is made by a trigger, in between looking and writing. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'

import { startTestRouter, type TestRouter } from '../start-test-router.ts'

const PATH = '/deployments/tone@1/far'

let router: TestRouter

beforeAll(async () => {
  router = await startTestRouter()
}, 60_000)
afterAll(() => router.stop())
beforeEach(() => router.admin('POST', '/deployments', router.place({ state: 'ready', weight: 1 })))
afterEach(async () => {
  await (await router.database()).prepare('DROP TRIGGER meanwhile').run()
})

async function meanwhile(statement: string): Promise<void> {
  const DB = await router.database()
  await DB.prepare(
    `CREATE TRIGGER meanwhile BEFORE INSERT ON audit_log BEGIN ${statement}; END`,
  ).run()
}
const stored = async () => (await router.admin('GET', '/deployments')).body.deployments

test.each([
  ['who sets a state', () => router.admin('PATCH', PATH, { state: 'disabled' })],
  ['who removes it', () => router.admin('DELETE', PATH)],
])('%s leaves alone what another has set', async (_, make) => {
  await meanwhile("UPDATE deployments SET weight = 7, region = 'eu', target = target || '/'")
  const { body } = await make()
  expect(body).toMatchObject({ weight: 7, region: 'eu', target: `${router.farUrl}/` })
  expect(await stored()).toEqual([body])
})

test.each([
  ['changed', () => router.admin('PATCH', PATH, { weight: 2 })],
  ['removed', () => router.admin('DELETE', PATH)],
])('what is %s just after it went is not brought back', async (_, make) => {
  await meanwhile('DELETE FROM deployments')
  expect((await make()).body.code).toBe('conflict')
  expect(await stored()).toEqual([])
})
