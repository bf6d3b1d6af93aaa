import { describe, expect, test } from 'vitest'

import { seededRandom } from '#shared/seeded-random.ts'

import { ConcurrencyLimit } from './concurrency-limit.ts'

/** So many calls, of 10 ms unless it says otherwise, a tenth of a second apart, as many on their way as may be. */
function use(
  limit: ConcurrencyLimit,
  times: number,
  msOf: (inFlight: number, i: number) => number = () => 10,
): void {
  for (let i = 0; i < times; i++) {
    const { limit: inFlight } = limit
    limit.answered({ ms: msOf(inFlight, i), inFlight, joined: inFlight - 1 }, i * 100)
  }
}

/** One that knows what a call takes alone. */
function acquainted(ms: number): ConcurrencyLimit {
  const limit = new ConcurrencyLimit()
  limit.answered({ ms, inFlight: 1, joined: 0 }, 0)
  return limit
}

describe('a concurrency limit', () => {
  test('doubles each round while nothing was too much', () => {
    const limit = new ConcurrencyLimit()
    use(limit, 64)
    expect(limit.limit).toBe(128)
    use(limit, 128)
    expect(limit.limit).toBe(256)
  })

  test('grows by about one each round once something was', () => {
    const limit = new ConcurrencyLimit()
    limit.refused(0)
    const { limit: fallen } = limit
    use(limit, fallen + 1)
    expect(limit.limit).toBe(fallen + 1)
  })

  test('does not grow while few calls are on their way', () => {
    const limit = new ConcurrencyLimit()
    for (let i = 0; i < 10_000; i++) limit.answered({ ms: 10, inFlight: 3, joined: 2 }, 0)
    expect(limit.limit).toBe(64)
  })

  test('grows only by what took all places, once something was too much', () => {
    const limit = new ConcurrencyLimit()
    limit.refused(0)
    const answer = (inFlight: number) => limit.answered({ ms: 10, inFlight, joined: 0 }, 0)
    for (let i = 0; i < 1_000; i++) answer(56)
    expect(limit.limit).toBe(57)
    for (let i = 0; i < 57; i++) answer(57)
    expect(limit.limit).toBe(58)
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
    use(limit, 10_000)
    expect(limit.limit).toBe(512)
  })

  /** The face detector computed one after the other what it had taken in, 64 deep, while the native node idled. */
  test('comes down to two where calls wait for each other, though none is refused', () => {
    const limit = acquainted(30)
    use(limit, 500, (inFlight) => {
      expect(inFlight).toBeGreaterThanOrEqual(2)
      return inFlight * 30
    })
    expect(limit.limit).toBeLessThanOrEqual(3)
  })

  test('comes down as well where few of many places are used, but not for what is late alone', () => {
    const limitOf = (inFlight: number) => {
      const limit = acquainted(10)
      const joined = inFlight - 1
      for (let i = 1; i < 100; i++) limit.answered({ ms: 100, inFlight, joined }, i * 100)
      return limit.limit
    }
    expect(limitOf(4)).toBe(2)
    expect(limitOf(1)).toBe(64)
  })

  test('is not misled by calls that take far longer than others, alone or not', () => {
    const limit = new ConcurrencyLimit()
    const msOf = (i: number) => (i % 4 === 0 ? 100 : 10)
    for (let i = 0; i < 100; i++) limit.answered({ ms: msOf(i), inFlight: 1, joined: 0 }, i)
    use(limit, 1_900, (_, i) => msOf(i))
    expect(limit.limit).toBeGreaterThan(64)
  })

  test('is not misled by a few milliseconds of noise', () => {
    const limit = acquainted(1)
    use(limit, 100, () => 6)
    expect(limit.limit).toBeGreaterThan(64)
  })

  test('does not stay down where inputs became larger and nobody is ever alone', () => {
    const limit = acquainted(10)
    const random = seededRandom(1)
    use(limit, 1_000, () => 1_000 * (0.7 + 0.6 * random()))
    expect(limit.limit).toBeGreaterThan(16)
  })

  test('recovers from a slow time', () => {
    const limit = acquainted(10)
    for (let i = 1; i < 100; i++) limit.answered({ ms: 500, inFlight: 8, joined: 7 }, i * 100)
    expect(limit.limit).toBe(2)
    use(limit, 200)
    expect(limit.limit).toBeGreaterThan(16)
  })
})
