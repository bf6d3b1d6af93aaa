import { expect, test } from 'vitest'

import { ReplayWindow } from './replay-window.ts'

const NOW = 1_700_000_000_000
const refused = expect.objectContaining({ code: 'unauthenticated' })

test('takes a call once, for as long as its signature lives', () => {
  const seen = new ReplayWindow()
  seen.take('a', NOW + 90_000, NOW)
  seen.take('b', NOW + 90_000, NOW)
  expect(() => seen.take('a', NOW + 90_000, NOW)).toThrow(refused)
  expect(() => seen.take('a', NOW + 90_000, NOW + 89_999)).toThrow(refused)
})

test('forgets what no signature can repeat any more', () => {
  const seen = new ReplayWindow()
  for (let i = 0; i < 1_000; i++) seen.take(`${i}`, NOW + i, NOW)
  seen.take('later', NOW + 90_000, NOW + 500)
  expect(seen.size).toBe(500)
  seen.take('last', NOW + 90_000, NOW + 1_000)
  expect(seen.size).toBe(2)
})

test('remembers what lives on behind what came later and ended sooner', () => {
  const seen = new ReplayWindow()
  seen.take('ahead', NOW + 120_000, NOW)
  seen.take('behind', NOW + 60_000, NOW)
  expect(() => seen.take('ahead', NOW + 120_000, NOW + 100_000)).toThrow(refused)
})

test('refuses a call that it could not remember, and takes calls again when it can', () => {
  const seen = new ReplayWindow(2)
  seen.take('a', NOW + 90_000, NOW)
  seen.take('b', NOW + 90_000, NOW)
  const full = expect.objectContaining({ code: 'overloaded', retryAfter: 1 })
  expect(() => seen.take('c', NOW + 90_000, NOW)).toThrow(full)
  expect(() => seen.take('a', NOW + 90_000, NOW)).toThrow(refused)
  seen.take('c', NOW + 180_000, NOW + 90_000)
  expect(seen.size).toBe(1)
})
