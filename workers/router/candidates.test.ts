import { describe, expect, test } from 'vitest'

import { createPool, MAX_CANDIDATES_PER_PLACEMENT, rankCandidates } from './candidates.ts'
import { candidate } from './registry-fixture.ts'

const any = { placement: 'any', model: undefined, version: undefined } as const
const nodes = (list: readonly { node: string }[]) => list.map(({ node }) => node)

describe('rankCandidates', () => {
  test('puts every edge deployment before any native one, whatever the weights', () => {
    const pool = createPool([
      candidate({ node: 'big', placement: 'native', weight: 1_000 }),
      candidate({ node: 'small', placement: 'edge', weight: 0.001 }),
    ])
    for (const draw of [0, 0.5, 0.999_999]) {
      expect(nodes(rankCandidates(pool, any, () => draw))).toEqual(['small', 'big'])
    }
  })

  test('leaves out what is draining, disabled or of weight 0', () => {
    const pool = createPool([
      candidate({ node: 'draining', state: 'draining' }),
      candidate({ node: 'disabled', state: 'disabled' }),
      candidate({ node: 'weightless', weight: 0 }),
    ])
    expect(rankCandidates(pool, any)).toEqual([])
  })

  test('keeps only the placement, the model and the version asked for', () => {
    const pool = createPool([
      candidate({ node: 'a' }),
      candidate({ node: 'b', placement: 'native' }),
      candidate({ node: 'c', version: '2' }),
      candidate({ node: 'd', modelId: 'other' }),
    ])
    expect(nodes(rankCandidates(pool, { ...any, placement: 'native' }))).toEqual(['b'])
    expect(nodes(rankCandidates(pool, { ...any, model: 'other' }))).toEqual(['d'])
    expect(nodes(rankCandidates(pool, { ...any, model: 'tone', version: '2' }))).toEqual(['c'])
    expect(rankCandidates(pool, { ...any, model: 'tone', version: '3' })).toEqual([])
    expect(rankCandidates(pool, { ...any, placement: 'native', model: 'other' })).toEqual([])
  })

  test('draws the first in proportion to the weights', () => {
    const pool = createPool([
      candidate({ node: 'one', weight: 1 }),
      candidate({ node: 'three', weight: 3 }),
    ])
    const points = Array.from({ length: 1_000 }, (_, i) => i / 1_000)
    const first = points.map((point) => rankCandidates(pool, any, () => point)[0]?.node)
    expect(first.filter((node) => node === 'three')).toHaveLength(750)
  })

  test('names each deployment once and no more than a request may try', () => {
    const pool = createPool(Array.from({ length: 50 }, (_, i) => candidate({ node: `n${i}` })))
    // the same draw each time: every one after the first hits what is drawn already
    const ranked = nodes(rankCandidates(pool, any, () => 0.999_999))
    expect(ranked).toHaveLength(MAX_CANDIDATES_PER_PLACEMENT)
    expect(new Set(ranked).size).toBe(ranked.length)
  })

  test('takes under 50 µs among 100,000 deployments of one capability', () => {
    const pool = createPool(
      Array.from({ length: 100_000 }, (_, i) => candidate({ node: `n${i}`, weight: 1 + (i % 7) })),
    )
    const rounds = 2_000
    for (let i = 0; i < rounds; i++) rankCandidates(pool, any)
    const started = performance.now()
    for (let i = 0; i < rounds; i++) rankCandidates(pool, any)
    expect(((performance.now() - started) / rounds) * 1_000).toBeLessThan(50)
  })
})
