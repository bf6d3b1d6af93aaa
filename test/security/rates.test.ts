/** Every address that runs a model is counted, so that none is a way around the limit of a key. */
import { afterAll, beforeAll, expect, test } from 'vitest'

import { startTestRouter, TONE, type TestRouter } from '../../workers/router/start-test-router.ts'

let router: TestRouter

beforeAll(async () => {
  router = await startTestRouter({ RATE_LIMIT_POLICY: 'q=2;w=60' }, [
    { name: 'RATE_LIMITER', namespace_id: '1', simple: { limit: 2, period: 60 } },
  ])
}, 60_000)
afterAll(() => router.stop())

const HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
}

test.each<[string, unknown]>([
  ['/infer', { capability: TONE, inputs: 'x' }],
  [`/infer/${TONE}`, { inputs: 'x' }],
  ['/explain', { capability: TONE }],
  ['/models/tone', { inputs: 'x' }],
  [`/models/${TONE}`, { inputs: 'x' }],
  ['/models/tone/pipeline/text-classification', { inputs: 'x' }],
  [`/models/${TONE}/pipeline/text-classification`, { inputs: 'x' }],
  ['/v1/embeddings', { model: 'tone', input: 'x' }],
  ['/openai/v1/embeddings', { model: 'tone', input: 'x' }],
  ['/v2/models/tone/infer', { inputs: [] }],
  ['/v2/models/tone/versions/1/infer', { inputs: [] }],
  ['/v2/models/tone/%69nfer', { inputs: [] }],
  ['/search', { query: { text: 'x' } }],
  ['/mcp', { jsonrpc: '2.0', id: 1, method: 'tools/list' }],
])('%s', async (path, asked) => {
  const { body } = await router.admin('POST', '/keys', { name: 'x', scopes: ['infer'] })
  const statuses: number[] = []
  // the local limiter counts by clock windows: two of them may fall into the loop
  for (let i = 0; i < 6; i++) {
    const init = { method: 'POST', key: String(body.key), headers: HEADERS }
    statuses.push((await router.send(path, { ...init, body: JSON.stringify(asked) })).status)
  }
  expect(statuses[0]).not.toBe(429)
  expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(2)
})
