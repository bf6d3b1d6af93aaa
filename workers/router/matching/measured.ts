/** Metrics that the router decides by; others are stored and shown. */
const ACCURACY = 'accuracy'
const LATENCY = 'latency_ms'

/** One measurement of a deployment, as it is stored. */
export interface MeasurementRow {
  deploymentId: string
  metric: string
  value: number
  /** Milliseconds since the epoch. */
  measuredAt: number
}

/** What the mesh has measured of a model version; a metric that it hasn't is absent. */
export interface Measured {
  /** Share of right answers, 0 to 1. */
  accuracy?: Measurement
  /** Milliseconds of one answer, as the router waits for it. */
  latencyMs?: Measurement
}

export interface Measurement {
  value: number
  /** Milliseconds since the epoch. */
  at: number
}

/** The latest of each metric, whichever deployment of the version it was measured on. */
export function measuredOf(rows: readonly MeasurementRow[]): Measured {
  const accuracy = latest(rows, ACCURACY)
  const latencyMs = latest(rows, LATENCY)
  return { ...(accuracy ? { accuracy } : {}), ...(latencyMs ? { latencyMs } : {}) }
}

function latest(rows: readonly MeasurementRow[], metric: string): Measurement | undefined {
  const [newest] = rows
    .filter((row) => row.metric === metric)
    .toSorted((a, b) => b.measuredAt - a.measuredAt)
  return newest && { value: newest.value, at: newest.measuredAt }
}
