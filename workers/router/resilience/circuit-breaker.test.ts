import { describe, expect, test } from 'vitest'

import { CircuitBreaker, type Permit } from './circuit-breaker.ts'

function enter(breaker: CircuitBreaker, now: number): Permit {
  const permit = breaker.enter(now)
  if (!permit) throw new Error(`no leave at ${now}`)
  return permit
}

function trip(breaker: CircuitBreaker, now: number): void {
  for (let i = 0; i < 5; i++) breaker.fail(enter(breaker, now), now)
}

describe('a circuit breaker', () => {
  test('opens after five failures in a row, not after five that successes interrupt', () => {
    const breaker = new CircuitBreaker()
    for (let i = 0; i < 40; i++) {
      const permit = enter(breaker, 0)
      if (i % 5 < 3) breaker.succeed(permit)
      else breaker.fail(permit, 0)
    }
    expect(breaker.state(0)).toBe('closed')
    const other = new CircuitBreaker()
    trip(other, 0)
    expect(other.state(0)).toBe('open')
    expect(other.enter(4_999)).toBeUndefined()
  })

  test('opens when half of the last twenty failed, though never five in a row', () => {
    const breaker = new CircuitBreaker()
    for (let i = 0; i < 20; i++) {
      expect(breaker.state(0)).toBe('closed')
      const permit = enter(breaker, 0)
      if (i % 2 === 0) breaker.succeed(permit)
      else breaker.fail(permit, 0)
    }
    expect(breaker.state(0)).toBe('open')
  })

  test('lets one probe through when its time is over, and no second beside it', () => {
    const breaker = new CircuitBreaker()
    trip(breaker, 0)
    expect(breaker.state(5_000)).toBe('half-open')
    expect(enter(breaker, 5_000).probe).toBe(true)
    expect(breaker.enter(5_000)).toBeUndefined()
    expect(breaker.admits(5_000)).toBe(false)
  })

  test('closes when the probe succeeds, and then needs five failures again', () => {
    const breaker = new CircuitBreaker()
    trip(breaker, 0)
    breaker.succeed(enter(breaker, 5_000))
    expect(breaker.state(5_000)).toBe('closed')
    breaker.fail(enter(breaker, 5_001), 5_001)
    expect(breaker.state(5_001)).toBe('closed')
  })

  test('stays open longer with each probe that fails, up to a minute', () => {
    const breaker = new CircuitBreaker()
    trip(breaker, 0)
    const waits: number[] = []
    for (let i = 0; i < 14; i++) {
      const at = breaker.retryAt
      breaker.fail(enter(breaker, at), at)
      waits.push(breaker.retryAt - at)
    }
    expect(waits.slice(0, 3)).toEqual([10_000, 15_000, 20_000])
    expect(waits.at(-1)).toBe(60_000)
  })

  /** A call that was asked before the trip and answered after it once closed the breaker of a peer. */
  test('is not closed by a success that was asked for before it opened', () => {
    const breaker = new CircuitBreaker()
    const early = enter(breaker, 0)
    trip(breaker, 0)
    breaker.succeed(early)
    expect(breaker.state(1)).toBe('open')
    const probe = enter(breaker, 5_000)
    breaker.succeed(early)
    expect(breaker.state(5_000)).toBe('half-open')
    breaker.succeed(probe)
    expect(breaker.state(5_000)).toBe('closed')
  })

  test('is not opened anew by a failure that was asked for before it last closed', () => {
    const breaker = new CircuitBreaker()
    const early = enter(breaker, 0)
    trip(breaker, 0)
    breaker.succeed(enter(breaker, 5_000))
    for (let i = 0; i < 10; i++) breaker.fail(early, 5_001)
    expect(breaker.state(5_001)).toBe('closed')
  })

  /** A later failure once shortened the pause of a peer's breaker. */
  test('never ends its pause earlier because of a later failure', () => {
    const breaker = new CircuitBreaker()
    const early = enter(breaker, 0)
    trip(breaker, 0)
    for (let i = 0; i < 4; i++) breaker.fail(enter(breaker, breaker.retryAt), breaker.retryAt)
    const until = breaker.retryAt
    breaker.fail(early, until - 20_000)
    expect(breaker.retryAt).toBe(until)
  })

  test('gives the probe to another when it ended without a verdict or never reported', () => {
    const breaker = new CircuitBreaker()
    trip(breaker, 0)
    breaker.abandon(enter(breaker, 5_000))
    expect(enter(breaker, 5_000).probe).toBe(true)
    expect(breaker.enter(64_999)).toBeUndefined()
    expect(enter(breaker, 65_000).probe).toBe(true)
  })

  test('keeps away while the deployment asked for it, a minute at most', () => {
    const breaker = new CircuitBreaker()
    breaker.pause(2_000, 0)
    expect(breaker.enter(1_999)).toBeUndefined()
    expect(enter(breaker, 2_000).probe).toBe(false)
    breaker.pause(3_600_000, 2_000)
    expect(breaker.admits(61_999)).toBe(false)
    expect(breaker.admits(62_000)).toBe(true)
  })
})
