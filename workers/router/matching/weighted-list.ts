/** Things that are drawn by weight, arranged so that drawing one is a binary search. */
export interface WeightedList<T> {
  items: readonly T[]
  /** Sums of the weights up to and with each item. */
  cumulative: readonly number[]
}

export function weightedList<T extends { weight: number }>(items: readonly T[]): WeightedList<T> {
  let sum = 0
  return { items, cumulative: items.map(({ weight }) => (sum += weight)) }
}

/**
 * Draws up to `count` without replacement. The first draw is exactly by weight; when a later one hits what
 * is drawn already, it takes the next in the list, which keeps the cost independent of the list's length.
 */
export function drawByWeight<T>(
  { items, cumulative }: WeightedList<T>,
  count: number,
  random: () => number,
): T[] {
  const total = cumulative.at(-1) ?? 0
  // an array: so few are drawn that a set costs more than it saves
  const drawn: number[] = []
  while (drawn.length < Math.min(items.length, count)) {
    let i = firstAbove(cumulative, random() * total)
    while (drawn.includes(i)) i = (i + 1) % items.length
    drawn.push(i)
  }
  // as: every index is below the length
  return drawn.map((i) => items[i] as T)
}

function firstAbove(cumulative: readonly number[], point: number): number {
  let low = 0
  let high = cumulative.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((cumulative[middle] ?? 0) > point) high = middle
    else low = middle + 1
  }
  return low
}
