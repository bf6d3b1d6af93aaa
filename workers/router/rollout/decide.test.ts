import { describe, expect, test } from 'vitest'

import { seededRandom } from '#shared/seeded-random.ts'

import { decide, MIN_CALLS, MIN_PAIRS, type Verdict } from './decide.ts'
import { NO_EVIDENCE, sumObservations, type Evidence } from './evidence.ts'
import type { Rollout } from './rollout.ts'
import { rollout } from './rollout-fixture.ts'

const RUNS = 300

interface Truth {
  /** Of answers that differ. */
  differing?: number
  stableFails?: number
  candidateFails?: number
  slower?: number
}

/** Requests come one by one and are judged after each tenth, until there is a verdict. */
function simulate(own: Rollout, truth: Truth, random: () => number): Verdict['state'] {
  const { differing = 0, stableFails = 0, candidateFails = 0, slower = 0 } = truth
  const seen = { ...NO_EVIDENCE }
  for (let i = 1; ; i++) {
    const [stable, candidate] = [random() >= stableFails, random() >= candidateFails]
    seen.stableCalls++
    seen.candidateCalls++
    if (!stable) seen.stableFailures++
    if (!candidate) seen.candidateFailures++
    if (stable && candidate) {
      seen.pairs++
      if (random() < differing) seen.disagreements++
      if (random() < slower) seen.slower++
    }
    const verdict = i % 10 === 0 ? decide(own, seen, 0) : undefined
    if (verdict) return verdict.state
  }
}

function shares(own: Rollout, truth: Truth): Record<Verdict['state'], number> {
  const random = seededRandom(11)
  const counts = { promoted: 0, rolled_back: 0, held: 0 }
  for (let run = 0; run < RUNS; run++) counts[simulate(own, truth, random)] += 1 / RUNS
  return counts
}

describe('over many seeded rollouts', () => {
  const own = rollout({ maxPairs: 2_000, errorRate: 0.1 })

  test.each<[string, Truth]>([
    ['differs exactly as often as it may', { differing: 0.05 }],
    ['fails exactly so much more often', { stableFails: 0.02, candidateFails: 0.07 }],
    ['does both', { differing: 0.05, candidateFails: 0.05 }],
  ])('one that %s is rolled back no more often than stated', (_, truth) => {
    expect(shares(own, truth).rolled_back).toBeLessThanOrEqual(own.errorRate)
  })

  test.each<[string, Truth]>([
    ['differs a little more often than it may', { differing: 0.051 }],
    ['fails a little more often', { candidateFails: 0.051 }],
    ['is late a little more often', { slower: 0.51 }],
  ])('one that %s is promoted no more often than stated', (_, truth) => {
    const ruled = { ...own, maxLatencyRatio: 2 }
    expect(shares(ruled, truth).promoted).toBeLessThanOrEqual(own.errorRate)
  })

  test('one as good as the stable version is promoted, were nodes to fail now and then', () => {
    expect(shares(own, { differing: 0.01 }).promoted).toBeGreaterThan(0.95)
    expect(shares(own, { stableFails: 0.01, candidateFails: 0.01 }).promoted).toBeGreaterThan(0.95)
  })

  test.each<[string, Truth]>([
    ['answers otherwise', { differing: 0.3 }],
    ['fails', { candidateFails: 0.3 }],
    ['is slow', { slower: 0.9 }],
  ])('one that often %s is rolled back', (_, truth) => {
    expect(shares({ ...own, maxLatencyRatio: 2 }, truth).rolled_back).toBeGreaterThan(0.95)
  })

  test('one that is neither in the pairs there are is held', () => {
    const few = { ...own, maxPairs: 100 }
    expect(shares(few, { differing: 0.05 }).held).toBeGreaterThan(0.9)
  })
})

const calls = (count: number): Partial<Evidence> => ({
  pairs: count,
  stableCalls: count,
  candidateCalls: count,
})
const after = (seen: Partial<Evidence>, own: Partial<Rollout> = {}, now = 0) =>
  decide(rollout(own), { ...NO_EVIDENCE, ...seen }, now)

test('there is no verdict before a few trials, whatever they say', () => {
  const few = MIN_PAIRS - 1
  expect(after({ ...calls(few), disagreements: few })).toBeUndefined()
  const failing = (count: number) =>
    after({ stableCalls: 1_000, candidateCalls: count, candidateFailures: count })
  expect(failing(MIN_CALLS - 1)).toBeUndefined()
  expect(failing(MIN_CALLS)?.state).toBe('rolled_back')
  expect(after({ ...calls(few + 1), disagreements: few + 1 })).toMatchObject({
    state: 'rolled_back',
    reason: expect.stringContaining('answers that differ: at least'),
  })
})

test('a candidate that answers nothing at all is rolled back for its failures', () => {
  const seen = { stableCalls: 40, candidateCalls: 40, candidateFailures: 40 }
  expect(after(seen)).toMatchObject({
    state: 'rolled_back',
    reason: expect.stringContaining('failures more than of the stable version'),
  })
})

test('takes as many pairs and calls as the documentation says', () => {
  const first = (seen: (n: number) => Partial<Evidence>) => {
    const n = Array.from({ length: 1_000 }, (_, i) => i).find((count) => after(seen(count)))
    return { n, state: after(seen(n ?? 0))?.state }
  }
  expect(first(calls)).toEqual({ n: 188, state: 'promoted' })
  expect(first((n) => ({ ...calls(n), disagreements: n }))).toEqual({ n: 20, state: 'rolled_back' })
  const failing = { candidateCalls: 5, candidateFailures: 5 }
  expect(first((n) => ({ ...failing, stableCalls: n }))).toEqual({ n: 29, state: 'rolled_back' })
})

test('failures that both versions share are no reason', () => {
  const seen = { ...calls(400), stableFailures: 200, candidateFailures: 200 }
  expect(after(seen)).toBeUndefined()
})

test('how long answers take is looked at where a ratio is asked for only', () => {
  const seen = { ...calls(400), slower: 400 }
  expect(after(seen)?.state).toBe('promoted')
  expect(after(seen, { maxLatencyRatio: 1.5 })?.state).toBe('rolled_back')
})

test('at the end of its time what is not shown is held, and what is shown decides', () => {
  expect(after(calls(30), {}, 1_999_999)).toBeUndefined()
  expect(after(calls(30), {}, 2_000_000)).toMatchObject({
    state: 'held',
    reason: expect.stringContaining('30 pairs'),
  })
  expect(after(calls(400), {}, 2_000_000)?.state).toBe('promoted')
  expect(after({}, {}, 2_000_000)?.state).toBe('held')
})

test('observations add up by rollout: sums are sums, the largest is the largest, the latest is told', () => {
  const seen = [
    { rolloutId: 'a', pairs: 1, differenceSum: 0.5, differenceMax: 0.5, lastRequest: 'one' },
    { rolloutId: 'b', stableCalls: 1, stableMs: 5 },
    { rolloutId: 'a', pairs: 1, disagreements: 1, differenceSum: 0.2, differenceMax: 0.2 },
  ]
  expect(sumObservations(seen)).toEqual([
    {
      ...NO_EVIDENCE,
      rolloutId: 'a',
      pairs: 2,
      disagreements: 1,
      differenceSum: 0.7,
      differenceMax: 0.5,
      lastRequest: 'one',
    },
    { ...NO_EVIDENCE, rolloutId: 'b', stableCalls: 1, stableMs: 5 },
  ])
})
