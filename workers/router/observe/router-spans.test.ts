import { expect, test } from 'vitest'

import { beginTrace } from '#shared/trace.ts'

import { calls, ok, send } from '../dispatch/dispatch-fixture.ts'
import type { EndedAttempt } from '../dispatch/attempt-record.ts'
import { RouterMetrics } from './router-metrics.ts'
import { attemptSpan } from './router-spans.ts'

const trace = beginTrace(undefined)
const attempt = (overrides: Partial<EndedAttempt>): EndedAttempt => ({
  model: 'tone@1',
  node: 'far',
  placement: 'native',
  kind: 'first',
  outcome: 'ok',
  ms: 12.5,
  spanId: 'a'.repeat(16),
  startedAt: 1_000,
  ...overrides,
})

test('a first call and its hedge are siblings; the cancelled one is marked and no error', () => {
  const lost = attemptSpan(trace, attempt({ outcome: 'cancelled' }))
  const won = attemptSpan(trace, attempt({ kind: 'hedge', spanId: 'b'.repeat(16) }))
  expect([lost.parentId, won.parentId]).toEqual([trace.spanId, trace.spanId])
  expect(lost.attributes).toMatchObject({ 'mesh.attempt.cancelled': true })
  expect(won.attributes).not.toHaveProperty('mesh.attempt.cancelled')
  expect([lost.error, won.error, won.name]).toEqual([undefined, undefined, 'hedge tone@1'])
  expect([won.startedAt, won.endedAt]).toEqual([1_000, 1_012.5])
})

test('hedges are counted as won, lost or failed', () => {
  const metrics = new RouterMetrics([])
  const attempts = (['ok', 'cancelled', 'unreachable', 'ok'] as const).map((outcome) =>
    attempt({ kind: 'hedge', outcome }),
  )
  metrics.note({
    requestId: 'r',
    traceId: trace.traceId,
    at: 0,
    key: 'k',
    capability: 'a/b',
    model: null,
    node: null,
    outcome: 'ok',
    cache: 'bypass',
    ms: 1,
    attempts,
  })
  const hedges = metrics.all.find(({ name }) => name === 'mesh_hedges_total')
  expect(Array.from(hedges?.samples() ?? [])).toEqual([
    { labels: { result: 'won' }, value: 2 },
    { labels: { result: 'lost' }, value: 1 },
    { labels: { result: 'failed' }, value: 1 },
  ])
})

test('each call of a node continues the trace under a span of its own', async () => {
  calls.length = 0
  await send([() => new Response('no', { status: 500 }), ok])
  const sent = calls.map(({ call }) => call.headers['traceparent']?.split('-') ?? [])
  expect(sent).toHaveLength(2)
  expect(new Set(sent.map(([, traceId]) => traceId)).size).toBe(1)
  expect(new Set(sent.map(([, , spanId]) => spanId)).size).toBe(2)
})
