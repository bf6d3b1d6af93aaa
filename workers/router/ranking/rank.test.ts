import { describe, expect, test } from 'vitest'

import { NOTHING_MEASURED, type Measured } from '../matching/measured.ts'
import { createOffer, editPools } from '../matching/offer.ts'
import { deployment, modelEntry } from '../registry/registry-fixture.ts'
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

/** Regions are words of whoever registers: with very many of them somebody once shut all others out. */
describe('where there are very many places', () => {
  const orders = (crowd: Parameters<typeof deployment>[0]) => {
    const many = Array.from({ length: 200 }, (_, i) => ({ id: `d${i}`, region: `r${i}`, ...crowd }))
    const own = { id: 'own', region: 'z' }
    return Array.from({ length: 100 }, () => order(new HealthBoard(), ...many, own))
  }

  test('each is compared now and then, were they all well', () => {
    expect(orders({}).flat()).toContain('own')
  })

  test.each([
    ['probes cannot reach', { unreachableSince: 1 }],
    ['have no lease any more', { leaseSeconds: 10 }],
  ])('those that %s keep nobody from being compared', (_, crowd) => {
    expect(new Set(orders(crowd).map(([first]) => first))).toEqual(new Set(['own']))
  })
})

/** Who is asked for, in this order, of deployments of one model. */
function order(board: HealthBoard, ...own: Parameters<typeof deployment>[0][]): string[] {
  return orderOf(NOTHING_MEASURED, board, ...own)
}

function orderOf(
  measured: Measured,
  board: HealthBoard,
  ...own: Parameters<typeof deployment>[0][]
): string[] {
  const edits = own.map((overrides) => ({ old: undefined, next: deployment(overrides) }))
  const offer = createOffer(modelEntry(), measured, editPools([], edits))
  const matches = offer.pools.filter(({ door }) => door === 'task').map((pool) => ({ offer, pool }))
  const context = {
    objective: undefined,
    timeLeftMs: 1_000,
    now: 1_000,
    measurementsLastMs: 1_000,
    random: Math.random,
  }
  return rank(matches, { board, ...context }).map(({ candidate }) => candidate.id)
}

test('names what probes cannot reach after all others, however good it is', () => {
  const unreachableSince = 1
  expect(
    order(
      new HealthBoard(),
      { id: 'gone', unreachableSince },
      { id: 'far', placement: 'native', region: 'r' },
      { id: 'near', node: 'n' },
    ),
  ).toEqual(['near', 'far', 'gone'])
  expect(order(new HealthBoard(), { id: 'gone', unreachableSince })).toEqual(['gone'])
})

test('names nobody whose lease is over', () => {
  const board = new HealthBoard()
  const renewed = (id: string, expiresAt: number, n: number) => ({
    id: n,
    deploymentId: id,
    expiresAt,
  })
  board.leases.note([renewed('good', 1_001, 1), renewed('over', 1_000, 2)], 0)
  const leased = { leaseSeconds: 10 }
  expect(order(board, { id: 'good', ...leased }, { id: 'over', ...leased })).toEqual(['good'])
  expect(order(board, { id: 'over', ...leased }, { id: 'never', ...leased })).toEqual([])
})

describe('of two of one place', () => {
  const NOW = 1_000
  const two = [
    { id: 'quick', node: 'n1' },
    { id: 'slow', node: 'n2' },
  ]
  const firsts = (board: HealthBoard) =>
    Map.groupBy(
      Array.from({ length: 10_000 }, () => order(board, ...two)[0]),
      (id) => id,
    )
  const boardOf = (slowMs: number, slowAt: number) => {
    const board = new HealthBoard()
    const [quick, slow] = two.map((own) => board.of(deployment(own)).latency)
    for (let i = 0; i < 20; i++) {
      quick?.observe(10, NOW)
      slow?.observe(10, slowAt)
    }
    slow?.observe(slowMs, slowAt)
    return board
  }

  /** It was never called again while the other was any better, however long ago that was. */
  test('the one that was slow is left, but tried now and then', () => {
    const tried = firsts(boardOf(900, NOW)).get('slow')?.length ?? 0
    expect(tried).toBeGreaterThan(0)
    expect(tried).toBeLessThan(200)
  })

  test('the one whose card was measured to be untrue is not tried, were it as quick', () => {
    const untrue = { metric: 'determinism', claimed: 1, measured: 0.5, samples: 4, detail: '' }
    const contradicted = [{ ...untrue, deployment: 'slow', measuredAt: NOW }]
    const measured = { ...NOTHING_MEASURED, contradicted }
    for (let i = 0; i < 2_000; i++) {
      expect(orderOf(measured, boardOf(10, NOW), ...two)[0]).toBe('quick')
    }
  })

  test('the one that costs more is not tried, were it as quick', () => {
    const [quick = {}, slow = {}] = two
    for (let i = 0; i < 2_000; i++) {
      expect(order(boardOf(10, NOW), quick, { ...slow, cost: 9 })[0]).toBe('quick')
    }
  })

  test('the one that is too slow for the request is not tried', () => {
    expect([...firsts(boardOf(5_000, NOW)).keys()]).toEqual(['quick'])
  })
})
