import { expect, test } from 'vitest'

import { NOTHING_MEASURED } from '../matching/measured.ts'
import { createOffer, editPools } from '../matching/offer.ts'
import { deployment, modelEntry } from '../registry-fixture.ts'
import { HealthBoard } from '../resilience/health-board.ts'
import { rank } from './rank.ts'

/** The ranking among `places` regions of 50 deployments each. */
function rankOf(places: number) {
  const deployments = Array.from({ length: places * 50 }, (_, i) =>
    deployment({ id: `d${i}`, node: `n${i}`, region: `r${i % places}` }),
  )
  const edits = deployments.map((next) => ({ old: undefined, next }))
  const offer = createOffer(modelEntry(), NOTHING_MEASURED, editPools([], edits))
  const pools = offer.pools.filter(({ door }) => door === 'task')
  expect(pools).toHaveLength(places)
  return rank(
    pools.map((pool) => ({ offer, pool })),
    {
      board: new HealthBoard(),
      objective: undefined,
      timeLeftMs: 1_000,
      now: 0,
      measurementsLastMs: 1_000,
      random: Math.random,
    },
  )
}

test('names eight of one place, and each once', () => {
  const ids = rankOf(1).map(({ candidate }) => candidate.id)
  expect(new Set(ids).size).toBe(8)
  expect(ids).toHaveLength(8)
})

test('names two of each place where there are many, the better of both before all others', () => {
  const ranked = rankOf(20)
  expect(ranked).toHaveLength(40)
  const regions = ranked.slice(0, 20).map(({ candidate }) => candidate.region)
  expect(new Set(regions).size).toBe(20)
})

test('names as many as it is worth trying where there are a few places', () => {
  expect(rankOf(4)).toHaveLength(16)
})
