import { expect, test } from 'vitest'

import { HedgeBudget } from './hedge-budget.ts'

/** How many hedges are granted of so many that are asked for, an answer coming after each. */
function granted(budget: HedgeBudget, asked: number): number {
  let times = 0
  for (let i = 0; i < asked; i++) {
    if (budget.take()) times++
    budget.answered()
  }
  return times
}

test('ten may come at once, for one that hangs of a sudden', () => {
  const budget = new HedgeBudget()
  expect(Array.from({ length: 12 }, () => budget.take()).filter(Boolean)).toHaveLength(10)
})

test('of calls that are all late one of twenty is hedged', () => {
  const budget = new HedgeBudget()
  granted(budget, 300)
  const later = granted(budget, 1_000)
  expect(later).toBeGreaterThanOrEqual(49)
  expect(later).toBeLessThanOrEqual(51)
})

test('what is beaten again and again without an answer in between costs nothing, for it may hang', () => {
  const budget = new HedgeBudget()
  const takeAll = () => {
    while (budget.take()) continue
  }
  takeAll()
  budget.beaten()
  expect(budget.take()).toBe(false)
  budget.beaten()
  expect(budget.take()).toBe(true)
  for (let i = 0; i < 100; i++) budget.beaten()
  expect(Array.from({ length: 100 }, () => budget.take()).filter(Boolean)).toHaveLength(10)
  budget.answered()
  budget.beaten()
  expect(budget.take()).toBe(false)
})

test('what was not used is not saved up', () => {
  const budget = new HedgeBudget()
  for (let i = 0; i < 10_000; i++) budget.answered()
  expect(Array.from({ length: 100 }, () => budget.take()).filter(Boolean)).toHaveLength(10)
})
