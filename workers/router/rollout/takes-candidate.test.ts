import { expect, test } from 'vitest'

import { rollout } from './rollout-fixture.ts'
import { takesCandidate } from './takes-candidate.ts'

const KEYS = Array.from({ length: 20_000 }, (_, i) => `key-${i}`)
const taking = (share: number, id = 'run-1') =>
  new Set(KEYS.filter((key) => takesCandidate(rollout({ share, id }), { key })))

test.each([0.01, 0.1, 0.5, 0.9])('a share of %d is that share of the keys', (share) => {
  // four standard deviations of as many fair draws
  const slack = 4 * Math.sqrt((share * (1 - share)) / KEYS.length)
  expect(Math.abs(taking(share).size / KEYS.length - share)).toBeLessThan(slack)
})

test('none takes a share of 0, and everybody one of 1', () => {
  expect(taking(0).size).toBe(0)
  expect(taking(1).size).toBe(KEYS.length)
})

test('raising the share only adds keys', () => {
  const [few, more] = [taking(0.2), taking(0.3)]
  expect([...few].filter((key) => !more.has(key))).toEqual([])
  expect(more.size).toBeGreaterThan(few.size)
})

test('another run draws others', () => {
  const [one, two] = [taking(0.5), taking(0.5, 'run-2')]
  const both = [...one].filter((key) => two.has(key)).length
  expect(Math.abs(both / KEYS.length - 0.25)).toBeLessThan(0.02)
})

test('one key is many callers when it says whom it asks for, each with a version of their own', () => {
  const asks = (sticky: string) => takesCandidate(rollout({ share: 0.3 }), { key: 'one', sticky })
  const users = Array.from({ length: 5_000 }, (_, i) => `user-${i}`)
  const share = users.filter(asks).length / users.length
  expect(Math.abs(share - 0.3)).toBeLessThan(0.03)
  expect(users.map(asks)).toEqual(users.map(asks))
})
