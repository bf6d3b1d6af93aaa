import type { Constraints } from './constraints.ts'
import type { Candidate } from './snapshot.ts'

/** A request tries at most this many deployments of one placement: the rest would fare no better. */
export const MAX_CANDIDATES_PER_PLACEMENT = 8

/** The deployments of one capability that take traffic, arranged so that drawing one is a binary search. */
export type CandidatePool = Readonly<Record<Candidate['placement'], WeightedList>>

export interface WeightedList {
  deployments: readonly Candidate[]
  /** Sums of the weights up to and with each deployment. */
  cumulative: readonly number[]
}

/** A pool of those that are ready and have a weight: weight 0 takes no traffic. */
export function createPool(deployments: readonly Candidate[]): CandidatePool {
  const ready = deployments.filter(({ state, weight }) => state === 'ready' && weight > 0)
  return {
    edge: weightedList(ready.filter(({ placement }) => placement === 'edge')),
    native: weightedList(ready.filter(({ placement }) => placement === 'native')),
  }
}

/** How many deployments may be called. */
export function poolSize({ edge, native }: CandidatePool): number {
  return edge.deployments.length + native.deployments.length
}

/**
 * The deployments to try, in order: those at the edge first, since they are near the caller, then the
 * native ones, which catch what the edge can't do. Among equals the first is drawn by weight.
 */
export function rankCandidates(
  pool: CandidatePool,
  { placement, model, version }: Pick<Constraints, 'placement' | 'model' | 'version'>,
  random: () => number = Math.random,
): Candidate[] {
  const fitting = model === undefined ? pool : pinned(pool, model, version)
  const lists = placement === 'any' ? [fitting.edge, fitting.native] : [fitting[placement]]
  return lists.flatMap((list) => draw(list, random))
}

function pinned({ edge, native }: CandidatePool, model: string, version?: string): CandidatePool {
  return createPool(
    [...edge.deployments, ...native.deployments].filter(
      (own) => own.modelId === model && (version === undefined || own.version === version),
    ),
  )
}

function weightedList(deployments: readonly Candidate[]): WeightedList {
  let sum = 0
  return { deployments, cumulative: deployments.map(({ weight }) => (sum += weight)) }
}

/**
 * Draws without replacement. The first draw is exactly by weight; when a later one hits what is drawn
 * already, it takes the next in the list, which keeps the cost independent of the list's length.
 */
function draw({ deployments, cumulative }: WeightedList, random: () => number): Candidate[] {
  const total = cumulative.at(-1) ?? 0
  const drawn = new Set<number>()
  while (drawn.size < Math.min(deployments.length, MAX_CANDIDATES_PER_PLACEMENT)) {
    let i = firstAbove(cumulative, random() * total)
    while (drawn.has(i)) i = (i + 1) % deployments.length
    drawn.add(i)
  }
  return Array.from(drawn, (i) => deployments[i]).filter((deployment) => deployment !== undefined)
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
