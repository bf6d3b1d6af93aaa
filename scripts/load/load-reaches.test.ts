import { expect, test } from 'vitest'

import { loadReaches, type LoadRun } from './load-reaches.ts'
import { loadReport, progressLine } from './load-report.ts'
import type { LoadResult } from './tally.ts'

const MIB = 1024 * 1024
const result = (over: Partial<LoadResult> = {}): LoadResult => ({
  seconds: 10,
  sent: 800,
  right: 800,
  shed: 0,
  refused: 0,
  lost: 0,
  reasons: {},
  p50: 10,
  p99: 40,
  capabilities: { 'text-classification/tone': { p50: 10, p99: 40 } },
  minutes: [
    { 'text-classification/tone': { p50: 10, p99: 30 } },
    { 'text-classification/tone': { p50: 10, p99: 52 } },
  ],
  ...over,
})
const still = { start: 100 * MIB, max: 110 * MIB, end: 105 * MIB, slope: 0, growth: 0 }

/** A run that meets every reach, but for what is given. */
const run = (over: Partial<LoadRun> = {}): LoadRun => ({
  ramp: [{ connections: 8, result: result({ right: 1_000, sent: 1_000 }) }],
  held: [{ connections: 8, result: result({ right: 990, sent: 990 }) }],
  again: { connections: 8, result: result({ right: 980, sent: 980 }) },
  peak: 100,
  steady: result(),
  overload: result({ sent: 3_000, right: 850, shed: 2_150 }),
  memory: [{ name: 'router', whole: still, steady: still }],
  ...over,
})
const missed = (over: Partial<LoadRun>) =>
  loadReaches(run(over)).flatMap(({ rule, isMet }) => (isMet ? [] : [rule]))

test('a good run meets every reach', () => {
  expect(missed({})).toEqual([])
})

test.each<[string, Partial<LoadRun>, RegExp]>([
  ['one lost in the ramp', { ramp: [{ connections: 1, result: result({ lost: 1 }) }] }, /lost/],
  ['one lost while held', { held: [{ connections: 1, result: result({ lost: 1 }) }] }, /lost/],
  ['one lost when held again', { again: { connections: 1, result: result({ lost: 1 }) } }, /lost/],
  ['one lost below saturation', { steady: result({ lost: 1 }) }, /lost/],
  ['one lost in overload', { overload: result({ right: 850, lost: 1 }) }, /lost/],
  [
    'some shed below saturation',
    { steady: result({ right: 780, shed: 20 }) },
    /0\.99 are answered/,
  ],
  [
    'a capability whose slowest are too slow',
    { steady: result({ capabilities: { a: { p50: 1, p99: 2 }, b: { p50: 10, p99: 51 } } }) },
    /p99/,
  ],
  ['no answer below saturation', { steady: result({ capabilities: {} }) }, /p99/],
  ['goodput that breaks down', { overload: result({ right: 790, shed: 2_210 }) }, /goodput/],
  ['refusals of another kind', { overload: result({ right: 850, refused: 1 }) }, /shed/],
  [
    'a process that grows',
    { memory: [{ name: 'router', whole: still, steady: { ...still, growth: 30 * MIB } }] },
    /memory/,
  ],
])('%s misses exactly one', (_, over, rule) => {
  expect(missed(over)).toEqual([expect.stringMatching(rule)])
})

test('the report has a row for each load, process and reach', () => {
  const report = loadReport(run(), loadReaches(run({ peak: 200 }))).join('\n')
  expect(report).toContain('| 8 callers | 100 | 100 | 10.0 | 40.0 | 0 | 0 | 0 |')
  expect(report).toContain('| 8 callers, held | 99 | 99 |')
  expect(report).toContain('| 8 callers, after that | 98 | 98 |')
  expect(report).toContain('| 300 % of saturation | 300 | 85 |')
  expect(report).toContain('| text-classification/tone | 3.0 | 5.2 |')
  expect(report).toContain('| router | 100 | 110 | 105 | 0.0 |')
  expect(report).toContain('85/s = 0.42 × 200/s | **missed** |')
})

test('the line of progress tells the most frequent reasons, however many there are', () => {
  const rare = Array.from({ length: 1_000 }, (_, i) => [`500: '${i}'`, 1])
  const line = progressLine(result({ reasons: { ...Object.fromEntries(rare), shed: 5 } }))
  expect(line).toMatch(/; shed 5, 500: '0' 1, .* and 993 more reasons$/)
  expect(line.length).toBeLessThan(400)
})
