import type { OperatorScope } from './operator-scope.ts'

/** An axis of input `i`, counted from the front. */
export function requireAxis(op: OperatorScope, axis: number, rank: number): number {
  if (axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis
  throw op.error(`has the axis ${axis} of a tensor of ${rank} axes`)
}
