import type { Edge } from '#scripts/onnx-graph.ts'

import type { Emitter } from './emitter.ts'

/**
 * Wraps an operator that ONNX has with channels second in transposes, for a tensor that has them last.
 * ONNX Runtime's optimiser removes those that meet.
 *
 * @param spatialAxes how many axes lie between batch and channels: 2 for an image
 */
export function withChannelsSecond(
  e: Emitter,
  x: Edge,
  spatialAxes: number,
  operator: (x: Edge) => Edge,
): Edge {
  const axes = Array.from({ length: spatialAxes }, (_, i) => i)
  const toSecond = [0, spatialAxes + 1, ...axes.map((i) => i + 1)]
  const toLast = [0, ...axes.map((i) => i + 2), 1]
  const inside = operator(e.emit('Transpose', [x], { perm: toSecond }))
  return e.emit('Transpose', [inside], { perm: toLast })
}
