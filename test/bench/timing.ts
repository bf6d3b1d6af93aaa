const WARM_UP = 15

/** Times of each function in ms; they take turns, so that a slow moment of the machine hits all. */
export async function timeAlternating(
  rounds: number,
  functions: readonly (() => Promise<void>)[],
): Promise<number[][]> {
  const times: number[][] = functions.map(() => [])
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const [i, run] of functions.entries()) {
      const started = performance.now()
      await run()
      if (round >= 0) times[i]?.push(performance.now() - started)
    }
  }
  return times
}

/** The value below which the share `q` of the times lies. */
export function quantile(times: readonly number[], q: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}
