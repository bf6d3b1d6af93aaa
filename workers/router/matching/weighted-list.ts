/** Things that are drawn by weight, arranged so that drawing one is a binary search. */
export interface WeightedList<T> {
  items: readonly T[]
  /** Sums of the weights up to and with each item. */
  cumulative: Float64Array
}

export function weightedList<T extends { weight: number }>(items: readonly T[]): WeightedList<T> {
  const cumulative = new Float64Array(items.length)
  let sum = 0
  for (const [i, { weight }] of items.entries()) cumulative[i] = sum += weight
  return { items, cumulative }
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

function firstAbove(cumulative: Float64Array, point: number): number {
  let low = 0
  let high = cumulative.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((cumulative[middle] ?? 0) > point) high = middle
    else low = middle + 1
  }
  return low
}
