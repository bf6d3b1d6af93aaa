import { expect, test } from 'vitest'

import { measuredOf, type MeasurementRow } from '../matching/measured.ts'
import { deployment, measurement, modelEntry } from '../registry/registry-fixture.ts'
import { expiredOf, scoreOf, scoreVersion } from './score.ts'

const NOW = 1_700_000_000_000
const LASTS = 1_000
const own = deployment()

/** The score of the fixture's deployment, given what was measured of it. */
function score(rows: readonly MeasurementRow[], now = NOW) {
  const { manifest } = modelEntry({ claims: [{ metric: 'accuracy', value: 0.9, on: 'data' }] })
  const measured = measuredOf(
    manifest,
    Array.from(
      Map.groupBy(rows, ({ deploymentId }) => deploymentId),
      ([deploymentId, of]) => ({
        deploymentId,
        model: 'tone@1',
        placement: 'edge',
        counts: true,
        rows: of,
      }),
    ),
  )
  const context = { objective: undefined, timeLeftMs: 10_000, now, measurementsLastMs: LASTS }
  return {
    ...scoreOf(own, scoreVersion(measured, context), undefined, context),
    expired: expiredOf(measured, own.placement, context),
  }
}
const row = (overrides: Partial<MeasurementRow>) => measurement({ measuredAt: NOW, ...overrides })

test('what was measured counts until it expires, and then the rank is lower and says why', () => {
  const rows = [row({ value: 0.95 }), row({ metric: 'latency_ms', value: 5 })]
  const [fresh, expired, never] = [score(rows), score(rows, NOW + LASTS + 1), score([])]
  expect(fresh).toMatchObject({
    expired: [],
    expectedMs: 5,
    terms: { quality: 0.95, proof: 1 },
  })
  expect(expired).toMatchObject({
    expired: ['accuracy', 'latency_ms'],
    expectedMs: 20,
    terms: { quality: 0.5, proof: 0 },
  })
  expect(fresh.total).toBeGreaterThan(never.total)
  // who let it expire comes after who was never measured
  expect(never.total).toBeGreaterThan(expired.total)
})

test('a bad measurement is no better when it is old', () => {
  const rows = [row({ value: 0.2 })]
  expect(score(rows, NOW + LASTS + 1)).toMatchObject({ terms: { quality: 0.2, proof: 0 } })
})

test('a few right answers say less than many, and nothing against them', () => {
  const few = row({ value: 1, samples: 3, source: 'examples' })
  expect(score([few]).terms.quality).toBe(0.8)
  const many = row({ value: 0.93, samples: 2_886, measuredAt: NOW - 10 })
  expect(score([few, many]).terms.quality).toBeCloseTo(0.93, 3)
  // when the better evidence is out of date, what is left counts
  expect(score([few, many], NOW + LASTS - 5)).toMatchObject({
    expired: [],
    terms: { quality: 0.8, proof: 1 },
  })
})

test('a card that is contradicted ranks below one that nobody measured', () => {
  const lying = score([row({ value: 0.5 })])
  expect(lying.terms).toMatchObject({ quality: 0.5, proof: 0 })
  expect(lying.total).toBeLessThan(score([]).total)
  const others = score([row({ value: 0.5, deploymentId: 'tone@1/other' })])
  expect(others.terms.proof).toBe(1)
})

test('what contradicts its card ranks lower also where no accuracy was measured', () => {
  const unsteady = row({ metric: 'determinism', value: 0.5, source: 'examples' })
  expect(score([unsteady]).terms.proof).toBe(0)
  expect(score([]).terms.proof).toBe(0.5)
})
