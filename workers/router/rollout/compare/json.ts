import { z } from 'zod'

import type { Comparer, Comparison } from '../comparer.ts'
import { ALIKE, apart, together, unlike } from './alike.ts'

/** Any JSON: the same structure with the same texts, and numbers within the tolerance. */
export const json: Comparer<unknown> = { answer: z.unknown(), compare: compareValues }

function compareValues(stable: unknown, candidate: unknown, tolerance: number): Comparison {
  if (typeof stable === 'number' && typeof candidate === 'number') {
    return apart(Math.abs(stable - candidate), tolerance, 'a number is another')
  }
  if (Array.isArray(stable) && Array.isArray(candidate)) {
    if (stable.length !== candidate.length) return unlike('a list has another length')
    return together(stable.map((value, i) => compareValues(value, candidate[i], tolerance)))
  }
  if (isRecord(stable) && isRecord(candidate)) {
    const keys = Object.keys(stable)
    const same =
      keys.length === Object.keys(candidate).length &&
      keys.every((key) => Object.hasOwn(candidate, key))
    if (!same) return unlike('an object has other fields')
    return together(keys.map((key) => compareValues(stable[key], candidate[key], tolerance)))
  }
  return stable === candidate ? ALIKE : unlike('a value is another')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
