import { describe, expect, test } from 'vitest'

import { RetryBudget } from './retry-budget.ts'

const START = 1_700_000_000_000

function takeAll(budget: RetryBudget, now: number): number {
  let taken = 0
  while (budget.take(now)) taken++
  return taken
}

describe('a retry budget', () => {
  test('has a floor for a mesh with few requests, and no more', () => {
    const budget = new RetryBudget()
    budget.noteRequest(START)
    expect(takeAll(budget, START)).toBe(100)
    expect(budget.take(START)).toBe(false)
  })

  test('grows by a fifth of the requests', () => {
    const budget = new RetryBudget()
    for (let i = 0; i < 1_000; i++) budget.noteRequest(START)
    expect(takeAll(budget, START)).toBe(300)
  })

  test('forgets after ten seconds what was asked and what was spent', () => {
    const budget = new RetryBudget()
    for (let i = 0; i < 1_000; i++) budget.noteRequest(START)
    expect(takeAll(budget, START + 5_000)).toBe(300)
    expect(budget.take(START + 9_999)).toBe(false)
    // the requests are forgotten before the attempts they allowed: no further one until those are too
    expect(budget.take(START + 10_000)).toBe(false)
    expect(takeAll(budget, START + 15_000)).toBe(100)
    expect(takeAll(budget, START + 60_000)).toBe(100)
  })

  test('is not emptied by a clock that is set back', () => {
    const budget = new RetryBudget()
    expect(takeAll(budget, START)).toBe(100)
    expect(budget.take(START - 60_000)).toBe(false)
  })
})
