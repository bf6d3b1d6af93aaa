import { expect, test } from 'vitest'

import { beginTrace, isSampled, traceparentOf } from './trace.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'

test("continues the caller's trace with a span of its own", () => {
  const trace = beginTrace(`00-${TRACE}-00f067aa0ba902b7-00`)
  expect(trace).toMatchObject({ traceId: TRACE, parentId: '00f067aa0ba902b7', flags: '00' })
  expect(isSampled(trace)).toBe(false)
  expect(trace.spanId).not.toBe('00f067aa0ba902b7')
})

test.each([
  undefined,
  '',
  'garbage',
  `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `ff-${TRACE}-00f067aa0ba902b7-01`,
  `00-${TRACE.toUpperCase()}-00f067aa0ba902b7-01`,
  `00-${TRACE}-00f067aa0ba902b7-01-more`,
])('begins a new trace for %j', (header) => {
  const trace = beginTrace(header)
  expect(trace.traceId).toMatch(/^[0-9a-f]{32}$/)
  expect(trace.traceId).not.toBe(TRACE)
  expect(trace.parentId).toBeUndefined()
  expect(isSampled(trace)).toBe(true)
})

test('writes a header that is valid itself', () => {
  const trace = beginTrace(undefined)
  expect(beginTrace(traceparentOf(trace, trace.spanId))).toMatchObject({
    traceId: trace.traceId,
    parentId: trace.spanId,
  })
})
