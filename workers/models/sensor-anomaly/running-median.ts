/** For each value the median of up to `window` values before it; of the first, itself. */
export function runningMedian(values: readonly number[], window: number): number[] {
  const sorted: number[] = []
  return values.map((value, i) => {
    const median = sorted[sorted.length >> 1] ?? value
    sorted.splice(firstNotBelow(sorted, value), 0, value)
    const leaving = values[i - window]
    if (leaving !== undefined) sorted.splice(firstNotBelow(sorted, leaving), 1)
    return median
  })
}

/** Where `value` is, or would be, in a sorted list. */
function firstNotBelow(sorted: readonly number[], value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < value) low = middle + 1
    else high = middle
  }
  return low
}
