import { z } from 'zod'

/** What a caller would have more of, where several models could answer. */
export const Objective = z.enum(['fast', 'accurate', 'cheap'])
export type Objective = z.infer<typeof Objective>

/** The terms of a score, each from 0 to 1, more being better. */
export interface Terms {
  /** Expected time of an answer: 1 for none, a half for `REFERENCE_MS`. */
  speed: number
  /** Measured accuracy, as it is expected on other inputs; what was measured long ago or never counts as a coin's at most. */
  quality: number
  /** 1 for nothing, a half for the cost of one call at the edge. */
  thrift: number
  /** At the edge, which is near the caller. */
  near: number
  /** 1 where the card was measured lately and holds, 0 where that is long ago or says otherwise, a half where nobody measured. */
  proof: number
}

/**
 * How much each term counts. Without an objective the edge comes before what is far away, whatever else
 * is known; an objective puts its own term before all others together.
 */
export const WEIGHTS: Readonly<Record<Objective | 'none', Terms>> = {
  none: { speed: 0.3, quality: 0.3, thrift: 0.2, near: 1, proof: 0.1 },
  fast: { speed: 1, quality: 0.05, thrift: 0.05, near: 0.05, proof: 0.05 },
  accurate: { speed: 0.05, quality: 1, thrift: 0.05, near: 0.05, proof: 0.05 },
  cheap: { speed: 0.05, quality: 0.05, thrift: 1, near: 0.05, proof: 0.05 },
}
