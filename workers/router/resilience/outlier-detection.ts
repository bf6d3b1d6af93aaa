/** Envoy's defaults for success-rate ejection. */
const MIN_HOSTS = 5
const MIN_REQUESTS = 100
const STDEV_FACTOR = 1.9
const MAX_EJECTED_SHARE = 0.1

/** What one deployment did in the interval that has just ended. */
export interface IntervalCounts {
  id: string
  requests: number
  failures: number
}

/**
 * Which of a model's deployments fail so much more often than the others that they are better left out
 * for a while, the worst first. None while there are too few to compare; never more than a tenth of them, one at
 * least, those `alreadyOut` included: what is wrong with many is no outlier.
 */
export function findOutliers(counts: readonly IntervalCounts[], alreadyOut: number): string[] {
  const busy = counts.filter(({ requests }) => requests >= MIN_REQUESTS)
  if (busy.length < MIN_HOSTS) return []
  const rates = busy.map(({ id, requests, failures }) => ({ id, rate: 1 - failures / requests }))
  const mean = average(rates.map(({ rate }) => rate))
  const deviation = Math.sqrt(average(rates.map(({ rate }) => (rate - mean) ** 2)))
  const room = Math.max(1, Math.floor(counts.length * MAX_EJECTED_SHARE)) - alreadyOut
  return rates
    .filter(({ rate }) => rate < mean - STDEV_FACTOR * deviation)
    .toSorted((a, b) => a.rate - b.rate)
    .slice(0, Math.max(0, room))
    .map(({ id }) => id)
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
