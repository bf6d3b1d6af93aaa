import type { Edge } from '#scripts/onnx-graph.ts'

import { findActivation } from '../activation.ts'
import type { FlatTable } from './flat-table.ts'
import type { OperatorScope } from './operator-scope.ts'
import { FUSED_ACTIVATIONS } from './schema.ts'

/** Applies the activation that an operator's options name. */
export function fusedActivation(
  op: OperatorScope,
  x: Edge,
  options: Pick<FlatTable<'fused_activation_function'>, 'int8'>,
): Edge {
  const code = options.int8('fused_activation_function')
  const activation = findActivation(FUSED_ACTIVATIONS[code] ?? '')
  if (!activation) throw op.error(`has the fused activation ${code}, which has no conversion`)
  return activation(op, x)
}
