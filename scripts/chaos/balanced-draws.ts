/** A generator of numbers from 0 to 1 that a seed determines (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * Which of `count` deployments are up in each of `epochs`: each with probability `rate`, independently.
 * The draws are stratified: among the epochs that are alike so far, the share in which the next deployment is up
 * is `rate` as nearly as whole numbers allow, so that few epochs suffice to tell 0.97 from 0.98.
 */
export function balancedDraws(
  rate: number,
  count: number,
  epochs: number,
  random: () => number,
): boolean[][] {
  const drawn: boolean[][] = Array.from({ length: epochs }, () => [])
  for (let i = 0; i < count; i++) {
    const strata = Map.groupBy(drawn, (states) => states.join())
    for (const alike of strata.values()) {
      const exact = alike.length * rate
      // what is left of a whole epoch is drawn, or small strata would all be rounded one way
      const up = Math.floor(exact) + (random() < exact % 1 ? 1 : 0)
      for (const [place, states] of shuffled(alike, random).entries()) states.push(place < up)
    }
  }
  return drawn
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
