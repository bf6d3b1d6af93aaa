import { z } from 'zod'

import type { Comparer } from '../comparer.ts'
import { apart, together, unlike } from './alike.ts'

const Vector = z.array(z.number()).min(1)

/** One vector or one a token: the difference is 1 − the cosine of the angle between the two furthest apart. */
export const vectors: Comparer<readonly number[] | readonly number[][]> = {
  answer: z.union([Vector, z.array(Vector).min(1)]),
  compare(stable, candidate, tolerance) {
    const [own, other] = [listOf(stable), listOf(candidate)]
    if (own.length !== other.length) return unlike('it has another number of vectors')
    const parts = own.map((vector, i) => {
      const counterpart = other[i] ?? []
      return vector.length === counterpart.length
        ? apart(1 - cosine(vector, counterpart), tolerance, 'a vector points elsewhere')
        : unlike('a vector has another length')
    })
    return together(parts)
  },
}

function listOf(vectorOrList: readonly number[] | readonly number[][]): readonly number[][] {
  // as: the schema has either numbers or lists of them
  return Array.isArray(vectorOrList[0])
    ? (vectorOrList as readonly number[][])
    : [vectorOrList as number[]]
}

/** Of two vectors without a direction, 1. */
function cosine(a: readonly number[], b: readonly number[]): number {
  let [dot, aa, bb] = [0, 0, 0]
  for (const [i, x] of a.entries()) {
    const y = b[i] ?? 0
    dot += x * y
    aa += x * x
    bb += y * y
  }
  if (aa === 0 && bb === 0) return 1
  if (aa === 0 || bb === 0) return 0
  return dot / Math.sqrt(aa * bb)
}
