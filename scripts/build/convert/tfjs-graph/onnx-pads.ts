import type { Edge } from '#scripts/onnx-graph.ts'

import type { Emitter } from '../emitter.ts'

/** [[before, after], …] of each axis → all that go before, then all that go after, as ONNX has pads. */
export function onnxPads(e: Emitter, pairs: Edge): Edge {
  return e.emit('Reshape', [e.emit('Transpose', [pairs], { perm: [1, 0] }), e.ints([-1])])
}
