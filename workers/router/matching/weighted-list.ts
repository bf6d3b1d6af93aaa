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

/** How often what is out is drawn again: taking its neighbour instead would load that one alone. */
const REDRAWS = 8

/**
 * Draws up to `count` without replacement of what isn't out for now. The first draw is exactly by weight; when a
 * later one hits what is drawn already, it takes the next in the list, which keeps the cost independent of the
 * list's length. Only where most are out does it look through the list.
 */
export function drawByWeight<T>(
  { items, cumulative }: WeightedList<T>,
  count: number,
  random: () => number,
  isIn: (item: T) => boolean = () => true,
): T[] {
  const total = cumulative.at(-1) ?? 0
  // an array: so few are drawn that a set costs more than it saves
  const drawn: number[] = []
  // as: every index is below the length
  const itemAt = (i: number) => items[i] as T
  while (drawn.length < Math.min(items.length, count)) {
    let i = firstAbove(cumulative, random() * total)
    for (let n = 0; n < REDRAWS && !isIn(itemAt(i)); n++)
      i = firstAbove(cumulative, random() * total)
    let passed = 0
    while (passed < items.length && (drawn.includes(i) || !isIn(itemAt(i)))) {
      i = (i + 1) % items.length
      passed++
    }
    if (passed === items.length) break
    drawn.push(i)
  }
  return drawn.map(itemAt)
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
