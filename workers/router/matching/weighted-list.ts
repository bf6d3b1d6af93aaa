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
  const { length } = items
  const total = cumulative[length - 1] ?? 0
  const most = Math.min(length, count)
  // an array: so few are drawn that a set costs more than it saves
  const drawn: T[] = []
  while (drawn.length < most) {
    let i = firstAbove(cumulative, random() * total)
    // as: every index is below the length
    let item = items[i] as T
    for (let n = 0; n < REDRAWS && !isIn(item); n++) {
      i = firstAbove(cumulative, random() * total)
      item = items[i] as T
    }
    let passed = 0
    while (drawn.includes(item) || !isIn(item)) {
      if (++passed === length) return drawn
      i = i + 1 === length ? 0 : i + 1
      item = items[i] as T
    }
    drawn.push(item)
  }
  return drawn
}

/** The first whose sum is above the point. */
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
