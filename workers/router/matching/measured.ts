import type { Contradiction } from '../cards/contradictions.ts'
import type { Deployment } from '../snapshot.ts'

/** Metrics that the router decides by; others are stored and shown. */
export const ACCURACY = 'accuracy'
export const LATENCY = 'latency_ms'

/** One measurement of a deployment, as it is stored. */
export interface MeasurementRow {
  deploymentId: string
  metric: string
  value: number
  /** Milliseconds since the epoch. */
  measuredAt: number
  /** Of how many things; not told when null. */
  samples: number | null
  /** By the router on the model's examples, or by somebody who tells of it. */
  source: 'examples' | 'reported'
}

export type Measurement = Pick<MeasurementRow, 'value' | 'measuredAt' | 'samples'>

/** What the mesh has measured of a model version. */
export interface Measured {
  /** Share of right answers, 0 to 1: the best evidence first. */
  accuracy: readonly Measurement[]
  /** Milliseconds of one answer, as the router waits for it, by placement. */
  latencyMs: Readonly<Partial<Record<Deployment['placement'], Measurement>>>
  /** Where it contradicts the owner's claims. */
  contradicted: readonly Contradiction[]
  /** The latest of each deployment and metric, newest first. */
  rows: readonly MeasurementRow[]
}

export const NOTHING_MEASURED: Measured = {
  accuracy: [],
  latencyMs: {},
  contradicted: [],
  rows: [],
}

/** A version that runs in very many places has more; the newest say enough. */
const MAX_ROWS = 32

/**
 * What was measured on the deployments of a version.
 *
 * @param rows the latest of each deployment, metric and source
 * @param counts whether a deployment's say anything of the others: one that fails its examples doesn't
 */
export function measuredOf(
  rows: readonly MeasurementRow[],
  deployments: readonly Pick<Deployment, 'id' | 'placement'>[],
  contradicted: readonly Contradiction[],
  counts: (deploymentId: string) => boolean,
): Measured {
  if (rows.length === 0) return NOTHING_MEASURED
  const newest = rows.toSorted((a, b) => b.measuredAt - a.measuredAt)
  const counted = newest.filter(({ deploymentId }) => counts(deploymentId))
  const placements = new Map(deployments.map(({ id, placement }) => [id, placement]))
  const latencyAt = (placement: Deployment['placement']) =>
    counted.find(
      ({ metric, deploymentId }) =>
        metric === LATENCY && placements.get(deploymentId) === placement,
    )
  const [edge, native] = [latencyAt('edge'), latencyAt('native')]
  return {
    accuracy: counted
      .filter(({ metric }) => metric === ACCURACY)
      .toSorted((a, b) => (b.samples ?? Infinity) - (a.samples ?? Infinity) || 0),
    latencyMs: { ...(edge ? { edge } : {}), ...(native ? { native } : {}) },
    contradicted,
    rows: newest.slice(0, MAX_ROWS),
  }
}

/**
 * What an accuracy is expected to be on other inputs: Laplace's rule of succession, by which three of
 * three right answers make 0.8, none of none a coin's half, and thousands what they are. One that doesn't
 * say of how many it is counts as it is.
 */
export function estimateOf({ value, samples }: Measurement): number {
  return samples === null ? value : (value * samples + 1) / (samples + 2)
}

export function isFresh(
  { measuredAt }: Pick<Measurement, 'measuredAt'>,
  now: number,
  lastsMs: number,
): boolean {
  return now - measuredAt <= lastsMs
}
