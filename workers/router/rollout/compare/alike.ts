import type { Comparison } from '../comparer.ts'

/** Nothing differs. */
export const ALIKE: Comparison = { agrees: true, difference: 0 }

/** As far apart as can be told. */
export function unlike(reason: string): Comparison {
  return { agrees: false, difference: 1, reason }
}

/** A difference on a scale of numbers, which agrees within the tolerance. */
export function apart(difference: number, tolerance: number, reason: string): Comparison {
  return difference <= tolerance
    ? { agrees: true, difference }
    : { agrees: false, difference, reason }
}

/** Of several parts: all must agree, the furthest apart counts, and of the first that differs is told. */
export function together(parts: readonly Comparison[]): Comparison {
  const correlations = parts.flatMap(({ correlation }) => correlation ?? [])
  const mean = correlations.reduce((sum, value) => sum + value, 0) / correlations.length
  const differing = parts.find(({ agrees }) => !agrees)
  return {
    agrees: differing === undefined,
    difference: parts.reduce((most, { difference }) => Math.max(most, difference), 0),
    ...(correlations.length > 0 ? { correlation: mean } : {}),
    ...(differing?.reason === undefined ? {} : { reason: differing.reason }),
  }
}
