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

/** What was measured of one deployment: the latest of each metric. */
export interface DeploymentMeasurements {
  deploymentId: string
  /** The version it runs, `id@version`. */
  model: string
  rows: readonly MeasurementRow[]
}

/** The latest of each metric, whichever deployment of the version it was measured on. */
export function measuredOf(all: readonly DeploymentMeasurements[]): Measured {
  const accuracy = latest(all, ACCURACY)
  const latencyMs = latest(all, LATENCY)
  return { ...(accuracy ? { accuracy } : {}), ...(latencyMs ? { latencyMs } : {}) }
}

function latest(all: readonly DeploymentMeasurements[], metric: string): Measurement | undefined {
  let newest: MeasurementRow | undefined
  // a version may run in very many places, so nothing is made on the way
  for (const { rows } of all) {
    for (const row of rows) {
      if (row.metric === metric && !(newest && newest.measuredAt >= row.measuredAt)) newest = row
    }
  }
  return newest && { value: newest.value, at: newest.measuredAt }
}
