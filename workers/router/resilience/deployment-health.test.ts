import { describe, expect, test } from 'vitest'

import type { ErrorCode } from '#shared/error-codes.ts'
import { MeshError } from '#shared/mesh-error.ts'

import { DeploymentHealth } from './deployment-health.ts'

/** A breaker opens after so many in a row, for so long. */
const FAILURES = 5
const OPEN_MS = 5_000

function fail(health: DeploymentHealth, now: number, code: ErrorCode = 'unreachable'): void {
  for (let i = 0; i < FAILURES; i++) {
    health.failed(health.begin(now), now, new MeshError(code, 'no'))
  }
}

function failing(code: ErrorCode = 'unreachable'): DeploymentHealth {
  const health = new DeploymentHealth()
  fail(health, 0, code)
  expect(health.breaker.state(0)).toBe('open')
  return health
}

describe('a probe', () => {
  test('that finds it back lets calls in at once, while the breaker is still open', () => {
    const health = failing()
    health.endProbe(health.beginProbe(2_000), true, 2_010)
    expect([health.breaker.state(2_010), health.admits(2_010)]).toEqual(['closed', true])
  })

  test('that does not find it keeps calls away for longer than it takes to the next', () => {
    const health = failing()
    let now = 0
    for (let i = 0; i < 12; i++) {
      while (!health.wantsProbe(now)) now += 100
      expect(health.admits(now)).toBe(false)
      health.endProbe(health.beginProbe(now), false, now)
      expect(health.admits(now)).toBe(false)
    }
    expect(now).toBeGreaterThan(60_000)
  })

  test('is no use where it was there and failed: only a call can tell', () => {
    for (const code of ['runtime_trap', 'model_unavailable', 'deadline_exceeded'] as const) {
      expect(failing(code).wantsProbe(OPEN_MS), code).toBe(false)
    }
  })

  test('is not wanted of what takes calls, nor right after another', () => {
    expect(new DeploymentHealth().wantsProbe(60_000)).toBe(false)
    const health = failing()
    expect(health.wantsProbe(0)).toBe(true)
    health.endProbe(health.beginProbe(0), false, 0)
    expect([health.wantsProbe(1_000), health.wantsProbe(4_000)]).toEqual([false, true])
  })

  test('that was wrong is not believed again until a call is answered', () => {
    const health = failing()
    health.endProbe(health.beginProbe(2_000), true, 2_000)
    fail(health, 3_000)
    expect(health.wantsProbe(100_000)).toBe(false)
    const call = health.begin(100_000)
    expect(call.permit?.probe).toBe(true)
    health.answered(call, 100_010)
    fail(health, 101_000)
    expect(health.wantsProbe(110_000)).toBe(true)
  })

  test('keeps the call that would look for itself away while it is on its way, and none after', () => {
    const health = failing()
    const permit = health.beginProbe(OPEN_MS)
    expect(health.admits(OPEN_MS)).toBe(false)
    expect(health.beginProbe(OPEN_MS)).toBeUndefined()
    health.endProbe(permit, true, OPEN_MS + 10)
    expect(health.admits(OPEN_MS + 10)).toBe(true)
  })

  test('of an earlier time closes nothing that opened since', () => {
    const health = failing()
    const late = health.beginProbe(0)
    // it is given up for lost, and a call looks for itself
    const call = health.begin(70_000)
    health.failed(call, 70_000, new MeshError('unreachable', 'no'))
    health.endProbe(late, true, 70_001)
    expect(health.breaker.state(70_001)).toBe('open')
  })

  test('brings back what was left out for failing more often than others', () => {
    const health = new DeploymentHealth()
    health.failed(health.begin(0), 0, new MeshError('unreachable', 'no'))
    health.eject(0)
    expect(health.wantsProbe(10_000)).toBe(true)
    health.endProbe(health.beginProbe(10_000), true, 10_000)
    expect(health.isEjected(10_000)).toBe(false)
  })
})

test('lets in one for each that left, and one more for each place that it is found to have', async () => {
  const health = new DeploymentHealth()
  const calls = Array.from({ length: health.concurrency.limit }, () => health.begin(0))
  const wait = { priority: 'normal', timeLeftMs: 10_000, answerMs: 10, atOnce: 1 } as const
  const admitted: number[] = []
  const waiting = [1, 2, 3].map((n) => health.line.wait(wait).then(() => admitted.push(n)))
  for (const call of calls.slice(0, 1)) health.answered(call, 10)
  await Promise.all(waiting.slice(0, 2))
  expect(admitted).toEqual([1, 2])
  for (const call of calls.slice(1, 2)) health.answered(call, 10)
  await Promise.all(waiting)
})

/** workerd let others go on first: of forty requests that waited, one found its place taken and went elsewhere. */
test('a place is kept for who was woken, until it comes or stays away for a second', async () => {
  const health = new DeploymentHealth()
  const calls = Array.from({ length: health.concurrency.limit }, () => health.begin(0))
  const wait = { priority: 'normal', timeLeftMs: 10_000, answerMs: 10, atOnce: 1 } as const
  const waiting = health.line.wait(wait)
  for (const call of calls.slice(0, 1)) health.cancelled(call, 10)
  expect(health.line.length).toBe(0)
  expect(health.admits(10)).toBe(false)
  await waiting
  expect(health.admits(10)).toBe(true)

  health.begin(10)
  void health.line.wait(wait)
  for (const call of calls.slice(1, 2)) health.cancelled(call, 20)
  expect(health.admits(1_019)).toBe(false)
  expect(health.admits(1_020)).toBe(true)
})
