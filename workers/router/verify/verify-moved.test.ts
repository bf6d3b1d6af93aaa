import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'

import { startSwitchedNode, type SwitchedNode } from '../probe/switched-node-fixture.ts'
import { startTestRouter, type TestRouter } from '../start-test-router.ts'

const RIGHT = '[{"label":"good","score":1}]'

let router: TestRouter
let old: SwitchedNode

beforeAll(async () => {
  router = await startTestRouter({ VERIFICATION: 'required' })
  await router.admin('DELETE', '/deployments/tone@1/far?now=true')
}, 60_000)
afterAll(() => router.stop())
beforeEach(async () => {
  old = await startSwitchedNode()
  router.answerWith('application/json', RIGHT)
  const { body } = await router.admin('POST', '/deployments', router.place({ target: old.url }))
  expect(body).toMatchObject({ state: 'ready', verification: { state: 'passed' } })
})
afterEach(async () => {
  await router.admin('DELETE', '/deployments/tone@1/far?now=true')
  await old.goAway()
})

/** Until it was asked once more than before. */
async function untilAsked(): Promise<void> {
  const before = old.received.length
  await expect.poll(() => old.received.length).toBeGreaterThan(before)
}

const move = () => router.admin('POST', '/deployments', router.place())

test('one that moved and is ready only later is verified by the next trigger, not when its old verdict is due', async () => {
  router.answerWith('application/json', '{}', { status: 503 })
  expect((await move()).body.state).toBe('warming')
  router.answerWith('application/json', RIGHT)
  await router.runJobs()
  expect((await router.infer()).status).toBe(200)
})

test.each([
  ['passes there', async () => old.release()],
  [
    'finds nobody there any more',
    async () => {
      await old.goAway()
      old.release()
    },
  ],
])('a verification of where it was, which %s, takes nothing from it', async (_, end) => {
  old.hold()
  const late = router.admin('POST', '/verifications', { deployment: 'tone@1/far' })
  await untilAsked()
  expect((await move()).body.verification).toMatchObject({ state: 'passed' })
  await end()
  await late
  expect((await router.infer()).status).toBe(200)
  const { body } = await router.admin('GET', '/measurements?deployment=tone@1/far')
  // of where it was first, and of where it is
  const accuracies = (body.measurements as { metric: string }[]).filter(
    ({ metric }) => metric === 'accuracy',
  )
  expect(accuracies).toHaveLength(2)
})

test('a deployment that moves while the schedule verifies it keeps none of the others waiting', async () => {
  await router.admin('POST', '/deployments', router.place({ node: 'other' }))
  const DB = await router.database()
  await DB.prepare("update verifications set due_at = iif(deployment_id like '%far', 0, 1)").run()
  old.hold()
  const jobs = router.runJobs()
  // whether it is there, then its first example
  await untilAsked()
  old.release()
  old.hold()
  await untilAsked()
  await move()
  old.release()
  await jobs
  const due = DB.prepare("select due_at from verifications where deployment_id = 'tone@1/other'")
  expect(Number(await due.first('due_at'))).toBeGreaterThan(Date.now())
  expect((await router.infer()).status).toBe(200)
  await router.admin('DELETE', '/deployments/tone@1/other?now=true')
})
