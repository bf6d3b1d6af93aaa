import { expect, test } from 'vitest'

import type { Rollout } from './rollout.ts'
import { rollout } from './rollout-fixture.ts'
import { partsOf, whyWithheld } from './version-parts.ts'

const roles = (rollouts: readonly Rollout[]) =>
  Object.fromEntries(Array.from(partsOf(rollouts), ([version, { role }]) => [version, role]))

test.each(['rolled_back', 'held', 'stopped'] as const)(
  'a candidate that was %s takes nothing unpinned, and its stable version stands as before',
  (state) => {
    const own = rollout({ state })
    expect(roles([own])).toEqual({ 2: 'withheld' })
    expect(whyWithheld({ role: 'withheld', rollout: own })).toContain('only those who pin it')
  },
)

test('a candidate in shadow is withheld, one with a share is not', () => {
  const why = (share: number) => whyWithheld({ role: 'candidate', rollout: rollout({ share }) })
  expect(why(0)).toContain('in shadow of version 1')
  expect(why(0.01)).toBeUndefined()
})

test('a promoted version stands as any other, before the one whose place it took', () => {
  expect(roles([rollout({ state: 'promoted' })])).toEqual({ 1: 'superseded' })
})

test('a version that failed stays withheld while the next one is tried', () => {
  const failed = rollout({ state: 'rolled_back' })
  const next = rollout({ id: 'run-2', candidate: '3', startedAt: 2_000 })
  expect(roles([next, failed])).toEqual({ 1: 'stable', 2: 'withheld', 3: 'candidate' })
})

test('going back to a superseded version turns the two around', () => {
  const there = rollout({ state: 'promoted' })
  const back = { id: 'run-2', stable: '2', candidate: '1', startedAt: 2_000 }
  expect(roles([there, rollout(back)])).toEqual({ 1: 'candidate', 2: 'stable' })
  expect(roles([there, rollout({ ...back, state: 'promoted' })])).toEqual({ 2: 'superseded' })
})
