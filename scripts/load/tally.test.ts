import { expect, test } from 'vitest'

import { goodputOf, Tally } from './tally.ts'

test('counts fates and reasons; goodput is of right answers only', () => {
  const tally = new Tally()
  for (let i = 0; i < 6; i++) tally.note({ kind: 'right' })
  tally.note({ kind: 'shed', code: 'shed' })
  tally.note({ kind: 'refused', code: 'rate_limited' })
  tally.note({ kind: 'lost', why: 'no answer' })
  tally.note({ kind: 'lost', why: 'no answer' })
  const result = tally.result(2)
  expect(result).toMatchObject({ sent: 10, right: 6, shed: 1, refused: 1, lost: 2 })
  expect(result.reasons).toEqual({ shed: 1, rate_limited: 1, 'no answer': 2 })
  expect(goodputOf(result)).toBe(3)
})

test('tells the times of all and of each capability', () => {
  const tally = new Tally()
  for (let ms = 100; ms >= 1; ms--) tally.time('fast', ms)
  for (let i = 0; i < 300; i++) tally.time('slow', 1_000)
  const { p50, p99, capabilities } = tally.result(1)
  expect([p50, p99]).toEqual([1_000, 1_000])
  expect(capabilities).toEqual({ fast: { p50: 51, p99: 100 }, slow: { p50: 1_000, p99: 1_000 } })
})

test('has no times without an answer', () => {
  expect(new Tally().result(1)).toMatchObject({ sent: 0, p50: Number.NaN, capabilities: {} })
})

test('tells the times of each minute too, since a machine may become slow', () => {
  const tally = new Tally()
  tally.time('a', 1, 59_999)
  tally.time('a', 5, 60_000)
  tally.time('b', 7, 180_000)
  expect(tally.result(1).minutes).toEqual([
    { a: { p50: 1, p99: 1 } },
    { a: { p50: 5, p99: 5 } },
    {},
    { b: { p50: 7, p99: 7 } },
  ])
})
