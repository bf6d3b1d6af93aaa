import { describe, expect, test } from 'vitest'

import { ConcurrencyLimit } from './concurrency-limit.ts'

describe('a concurrency limit', () => {
  test('grows while it is used and answers come, by about one each round', () => {
    const limit = new ConcurrencyLimit()
    for (let i = 0; i < 64; i++) limit.answered(64)
    expect(limit.limit).toBe(64)
    limit.answered(64)
    expect(limit.limit).toBe(65)
  })

  test('does not grow while few calls are on their way', () => {
    const limit = new ConcurrencyLimit()
    for (let i = 0; i < 10_000; i++) limit.answered(3)
    expect(limit.limit).toBe(64)
  })

  test('falls by a tenth when calls are refused, once for those refused together, and never to none', () => {
    const limit = new ConcurrencyLimit()
    for (let i = 0; i < 50; i++) limit.refused(0)
    expect(limit.limit).toBe(57)
    for (let i = 1; i < 100; i++) limit.refused(i * 1_000)
    expect(limit.limit).toBe(1)
  })

  test('never exceeds 512', () => {
    const limit = new ConcurrencyLimit()
    for (let i = 0; i < 1_000_000; i++) limit.answered(1_000)
    expect(limit.limit).toBe(512)
  })
})
