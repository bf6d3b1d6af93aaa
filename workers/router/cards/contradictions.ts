import { isRemote, type RegisteredManifest } from '#shared/remote-manifest.ts'

import type { MeasurementRow } from '../matching/measured.ts'

/** A measurement that says otherwise than the card. */
export interface Contradiction {
  deployment: string
  /** `examples`: the answers that the card itself gives. */
  metric: string
  claimed: number
  measured: number
  samples: number | null
  measuredAt: number
  /** The same as a sentence. */
  detail: string
}

/** Of an accuracy that doesn't say of how many things it is. */
const ACCURACY_TOLERANCE = 0.02
/** A machine that is half as fast is no lie. */
const LATENCY_FACTOR = 2
/** Of few things, so unlikely a result must be that the claim is taken to be wrong. */
const SIGNIFICANCE = 0.05

/** More of them are counted by the normal distribution, which then is as good. */
const MAX_COUNTED = 1_000
/** How many standard deviations that significance is. */
const SIGNIFICANT_DEVIATIONS = 1.645

const NONE: readonly Contradiction[] = []

/** Where what was measured is worse than what the card says, beyond chance and tolerance. */
export function contradictionsOf(
  manifest: RegisteredManifest,
  row: MeasurementRow,
): readonly Contradiction[] {
  const implied = impliedClaim(manifest, row)
  const claims = manifest.claims.filter(
    ({ metric, value }) => metric === row.metric && isWorse(row, value),
  )
  if (implied === undefined && claims.length === 0) return NONE
  return [
    ...(implied === undefined ? [] : [contradiction(row, implied, 1)]),
    ...claims.map(({ metric, value }) => contradiction(row, metric, value)),
  ]
}

/** A card's examples are claims too, and so is that its answers may be kept. */
function impliedClaim(
  manifest: RegisteredManifest,
  { source, metric, value }: MeasurementRow,
): string | undefined {
  if (source !== 'examples' || value >= 1) return undefined
  if (metric === 'accuracy') return 'examples'
  const kept = !isRemote(manifest) && manifest.cache !== false
  return metric === 'determinism' && kept ? metric : undefined
}

function isWorse({ metric, value, samples }: MeasurementRow, claimed: number): boolean {
  if (metric === 'latency_ms') return value > claimed * LATENCY_FACTOR
  if (metric !== 'accuracy' || value >= claimed) return false
  if (samples === null) return value < claimed - ACCURACY_TOLERANCE
  if (samples > MAX_COUNTED) {
    const deviation = Math.sqrt((claimed * (1 - claimed)) / samples)
    return value < claimed - SIGNIFICANT_DEVIATIONS * deviation
  }
  return chanceOfAtMost(Math.round(value * samples), samples, claimed) < SIGNIFICANCE
}

/** P(X ≤ k) of a binomial distribution: how likely it is to be right so seldom when the claim holds. */
function chanceOfAtMost(k: number, n: number, p: number): number {
  if (p >= 1) return k >= n ? 1 : 0
  let logTerm = n * Math.log(1 - p)
  let sum = Math.exp(logTerm)
  for (let i = 1; i <= k; i++) {
    logTerm += Math.log((n - i + 1) / i) + Math.log(p / (1 - p))
    sum += Math.exp(logTerm)
  }
  return Math.min(1, sum)
}

function contradiction(
  { deploymentId, value, samples, measuredAt }: MeasurementRow,
  metric: string,
  claimed: number,
): Contradiction {
  const on = samples === null ? '' : ` on ${samples} ${samples === 1 ? 'sample' : 'samples'}`
  return {
    deployment: deploymentId,
    metric,
    claimed,
    measured: value,
    samples,
    measuredAt,
    detail: `${metric} is ${claimed} by the card, and was measured to be ${Number(value.toPrecision(4))}${on}`,
  }
}
