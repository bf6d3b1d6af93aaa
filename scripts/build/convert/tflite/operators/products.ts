import type { Edge } from '#scripts/onnx-graph.ts'

import { fusedActivation } from '../fused-activation.ts'
import type { OperatorFamily, OperatorScope } from '../operator-scope.ts'

/** Shuffled weights are for one processor's instructions. */
const PLAIN_WEIGHTS = 0

export const products: OperatorFamily = {
  /** Rows of as many values as the weights [out, in] take, whatever the input's shape. */
  FULLY_CONNECTED(op) {
    const options = op.options('FullyConnected')
    if (options.int8('weights_format') !== PLAIN_WEIGHTS) {
      throw op.error('has its weights shuffled; convert the model anew, without it')
    }
    const width = op.input(1).shape[1]
    if (op.input(1).shape.length !== 2 || width === undefined || width < 1) {
      throw op.error(`has weights of shape [${op.input(1).shape}]; [out, in] would be right`)
    }
    const bias = op.findEdge(2)
    const rows = op.emit('Reshape', [op.edge(0), op.ints([-1, width])])
    const inputs = [rows, op.edge(1), ...(bias === undefined ? [] : [bias])]
    const y = op.emit('Gemm', inputs, { transB: 1 })
    return fusedActivation(op, op.emit('Reshape', [y, op.ints(op.output.shape)]), options)
  },
  BATCH_MATMUL(op) {
    const options = op.options('BatchMatMul')
    const left = options.bool('adj_x') ? swapLastAxes(op, 0) : op.edge(0)
    const right = options.bool('adj_y') ? swapLastAxes(op, 1) : op.edge(1)
    return op.emit('MatMul', [left, right])
  },
}

function swapLastAxes(op: OperatorScope, i: number): Edge {
  const rank = op.input(i).shape.length
  if (rank < 2) throw op.error(`multiplies matrices, but has a tensor of ${rank} axes`)
  const axes = Array.from({ length: rank - 2 }, (_, axis) => axis)
  return op.emit('Transpose', [op.edge(i)], { perm: [...axes, rank - 1, rank - 2] })
}
