import type { z } from 'zod'

/** How far the candidate's answer is from the stable version's. */
export interface Comparison {
  agrees: boolean
  /** 0 for none; what it measures is the comparer's. */
  difference: number
  /** Of two rankings, from −1 to 1; absent where there is none. */
  correlation?: number
  /** What differs, in words that tell nothing of the answers themselves. */
  reason?: string
}

/** Compares JSON answers of one shape, as one input is answered. */
export interface Comparer<T> {
  answer: z.ZodType<T>
  /** @param tolerance how far apart numbers may be and still agree */
  compare(stable: T, candidate: T, tolerance: number): Comparison | Promise<Comparison>
}
