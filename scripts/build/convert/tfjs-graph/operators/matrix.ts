import type { Edge } from '#scripts/onnx-graph.ts'

import type { Emitter } from '../../emitter.ts'
import { fusedActivation, fusedBias } from '../fused-operators.ts'
import type { ConvertOperator, OperatorFamily } from '../operator.ts'

const matMul: ConvertOperator = (e, node) => {
  const side = (index: number, flag: string) =>
    node.flag(flag) ? e.emit('Transpose', [node.input(index)], { perm: [1, 0] }) : node.input(index)
  const product = e.emit('MatMul', [side(0, 'transpose_a'), side(1, 'transpose_b')])
  const bias = fusedBias(node)
  return fusedActivation(e, node, bias === undefined ? product : e.emit('Add', [product, bias]))
}

const batchMatMul: ConvertOperator = (e, node) =>
  e.emit('MatMul', [
    node.flag('adj_x') ? swapLastAxes(e, node.input(0)) : node.input(0),
    node.flag('adj_y') ? swapLastAxes(e, node.input(1)) : node.input(1),
  ])

export const matrix: OperatorFamily = {
  MatMul: matMul,
  _FusedMatMul: matMul,
  BatchMatMul: batchMatMul,
  BatchMatMulV2: batchMatMul,
  Einsum: (e, node) => e.emit('Einsum', node.inputs(), { equation: node.text('equation') }),
}

/** However many axes come before. */
function swapLastAxes(e: Emitter, x: Edge): Edge {
  return e.emit('Einsum', [x], { equation: '...ij->...ji' })
}
