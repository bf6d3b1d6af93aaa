import { afterAll, beforeAll, expect, test } from 'vitest'

import { startTestRouter, type TestRouter } from './start-test-router.ts'

let router: TestRouter

beforeAll(async () => {
  router = await startTestRouter()
})
afterAll(() => router.stop())

async function metric(line: RegExp): Promise<string | undefined> {
  const { body } = await router.send('/metrics')
  return line.exec(String(body.text))?.[1]
}
const underway = () => metric(/^mesh_requests_in_flight (\d+)$/m)

test('more inferences of one address than an isolate has room for are shed at the door; all others are answered', async () => {
  router.answerWith('application/json', '[{"label":"good","score":1}]', { delayMs: 2_000 })
  const sent = Array.from({ length: 300 }, () => router.infer())
  // neither operators nor probes wait in the crowd
  expect((await router.admin('GET', '/deployments')).status).toBe(200)
  expect((await router.send('/health', { key: '' })).status).toBe(200)
  // nor does who asks something else: that there is no such capability is told from behind the door
  const other = await router.send('/infer/text-classification/tune', {
    method: 'POST',
    key: router.inferKey,
    body: 'hello',
  })
  expect(other.body.code).toBe('capability_unknown')

  const answers = await Promise.all(sent)
  const refused = answers.filter(({ status }) => status !== 200)
  // all at once, or nearly: the last may come when the first have left
  expect(refused.length).toBeGreaterThan(300 - 256)
  expect(refused.length).toBeLessThanOrEqual(300 - 192)
  for (const { status, body, headers } of refused) {
    expect({ status, code: body.code, retryable: body.retryable }).toEqual({
      status: 503,
      code: 'shed',
      retryable: true,
    })
    expect(headers.get('retry-after')).toMatch(/^\d+$/)
    expect(headers.get('x-request-id')).toBeTruthy()
  }
  expect(await metric(/^mesh_requests_total\{.*outcome="shed".*\} (\d+)$/m)).toBe(
    String(refused.length),
  )
  expect(await underway()).toBe('0')
})

test('who is refused for another reason leaves as well', async () => {
  await router.send('/infer/text-classification/tone', { method: 'POST', key: '', body: 'hello' })
  await router.send('/infer/text-classification/tune', {
    method: 'POST',
    key: router.inferKey,
    body: 'hello',
  })
  expect(await underway()).toBe('0')
})
