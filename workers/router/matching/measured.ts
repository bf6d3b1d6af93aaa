import type { RegisteredManifest } from '#shared/remote-manifest.ts'

import { contradictionsOf, type Contradiction } from '../cards/contradictions.ts'
import type { Deployment } from '../registry/snapshot.ts'

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

/** What was measured of one deployment: the latest of each metric and source. */
export interface DeploymentMeasurements {
  deploymentId: string
  /** The version it runs, `id@version`. */
  model: string
  placement: Deployment['placement']
  /** Whether it says anything of the version's other deployments: one that fails its examples doesn't. */
  counts: boolean
  rows: readonly MeasurementRow[]
}

/** A version may run in very many places; the newest say enough. */
const MAX_ROWS = 32
/** Of each source. */
const MAX_EVIDENCE = 4

/** What was measured on the deployments of a version. */
export function measuredOf(
  manifest: RegisteredManifest,
  all: readonly DeploymentMeasurements[],
): Measured {
  if (all.length === 0) return NOTHING_MEASURED
  const rows = new Ordered<MeasurementRow>(MAX_ROWS, newestFirst)
  const contradicted = new Ordered<Contradiction>(MAX_ROWS, newestFirst)
  const evidence = {
    examples: new Ordered<MeasurementRow>(MAX_EVIDENCE, mostFirst),
    reported: new Ordered<MeasurementRow>(MAX_EVIDENCE, mostFirst),
  }
  const latencyMs: { [P in Deployment['placement']]?: Measurement } = {}
  for (const { placement, counts, rows: own } of all) {
    for (const row of own) {
      rows.add(row)
      for (const found of contradictionsOf(manifest, row)) contradicted.add(found)
      if (!counts) continue
      if (row.metric === ACCURACY) evidence[row.source].add(row)
      const known = latencyMs[placement]
      const isNewer = !known || known.measuredAt < row.measuredAt
      if (row.metric === LATENCY && isNewer) latencyMs[placement] = row
    }
  }
  return {
    accuracy: [...evidence.reported.items, ...evidence.examples.items].toSorted(mostFirst),
    latencyMs,
    contradicted: contradicted.items,
    rows: rows.items,
  }
}

/** The first so many of what is added, in their order. */
class Ordered<T> {
  readonly items: T[] = []
  readonly #limit: number
  readonly #compare: (a: T, b: T) => number

  constructor(limit: number, compare: (a: T, b: T) => number) {
    this.#limit = limit
    this.#compare = compare
  }

  add(item: T): void {
    const last = this.items.at(-1)
    const isFull = this.items.length === this.#limit
    if (isFull && last !== undefined && this.#compare(item, last) >= 0) return
    if (isFull) this.items.pop()
    const after = this.items.findIndex((own) => this.#compare(item, own) < 0)
    this.items.splice(after === -1 ? this.items.length : after, 0, item)
  }
}

function newestFirst(
  a: Pick<MeasurementRow, 'measuredAt'>,
  b: Pick<MeasurementRow, 'measuredAt'>,
): number {
  return b.measuredAt - a.measuredAt
}

/** One that doesn't say of how many it is counts as of very many. */
function mostFirst(a: MeasurementRow, b: MeasurementRow): number {
  const [own, other] = [a.samples ?? Infinity, b.samples ?? Infinity]
  return own === other ? newestFirst(a, b) : other - own
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
