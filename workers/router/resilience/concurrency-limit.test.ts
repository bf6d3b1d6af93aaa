import { describe, expect, test } from 'vitest'

import { ConcurrencyLimit } from './concurrency-limit.ts'

describe('a concurrency limit', () => {
  test('grows while it is used and answers come, by about one each round', () => {
    const limit = new ConcurrencyLimit()
    for (let i = 0; i < 16; i++) limit.answered(16)
    expect(limit.limit).toBe(16)
    limit.answered(16)
    expect(limit.limit).toBe(17)
  })

  test('does not grow while few calls are on their way', () => {
    const limit = new ConcurrencyLimit()
    for (let i = 0; i < 10_000; i++) limit.answered(3)
    expect(limit.limit).toBe(16)
  })

  test('falls by a tenth when calls are refused, once for those refused together, and never to none', () => {
    const limit = new ConcurrencyLimit()
    for (let i = 0; i < 50; i++) limit.refused(0)
    expect(limit.limit).toBe(14)
    for (let i = 1; i < 100; i++) limit.refused(i * 1_000)
    expect(limit.limit).toBe(1)
  })

  test('never exceeds 512', () => {
    const limit = new ConcurrencyLimit()
    for (let i = 0; i < 1_000_000; i++) limit.answered(1_000)
    expect(limit.limit).toBe(512)
  })
})
