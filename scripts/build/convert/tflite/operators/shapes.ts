import type { Edge } from '#scripts/onnx-graph.ts'
import { ONNX_TYPE } from '#shared/onnx-type.ts'
import { elementCount } from '#shared/tensor.ts'

import { fusedActivation } from '../fused-activation.ts'
import type { ConvertOperator, OperatorFamily, OperatorScope } from '../operator-scope.ts'
import { requireAxis } from '../require-axis.ts'

/** To the shape that the output has in the file, which says more than the operator's own inputs. */
const reshape: ConvertOperator = (op) =>
  reshapeTo(op, op.edge(0), op.input(0).shape, op.output.shape)

export const shapes: OperatorFamily = {
  RESHAPE: reshape,
  SQUEEZE: reshape,
  EXPAND_DIMS: reshape,
  TRANSPOSE(op) {
    const perm = op.integers(1)
    const axes = op.input(0).shape.map((_, i) => i)
    if (`${perm.toSorted((a, b) => a - b)}` !== `${axes}`) {
      throw op.error(`has the order ${perm}; one of the axes ${axes} would be right`)
    }
    return op.emit('Transpose', [op.edge(0)], { perm })
  },
  CONCATENATION(op) {
    const options = op.options('Concatenation')
    const axis = requireAxis(op, options.int32('axis'), op.output.shape.length)
    return fusedActivation(op, op.emit('Concat', allInputs(op), { axis }), options)
  },
  PACK(op) {
    const axis = requireAxis(op, op.options('Pack').int32('axis'), op.output.shape.length)
    const widened = allInputs(op).map((x) => op.emit('Unsqueeze', [x, op.ints([axis])]))
    return op.emit('Concat', widened, { axis })
  },
  UNPACK(op) {
    const axis = requireAxis(op, op.options('Unpack').int32('axis'), op.input(0).shape.length)
    const ones = op.ints(op.outputs.map(() => 1))
    const parts = op.emitMany('Split', [op.edge(0), ones], op.outputs.length, { axis })
    return parts.map((part) => op.emit('Squeeze', [part, op.ints([axis])]))
  },
  TILE: (op) => op.emit('Tile', [op.edge(0), op.ints(op.integers(1))]),
  BROADCAST_TO: (op) => op.emit('Expand', [op.edge(0), op.ints(op.output.shape)]),
  SHAPE: (op) => cast(op, op.ints(op.input(0).shape)),
  CAST: (op) => cast(op, op.edge(0)),
  /** Of a constant it is done before; what is left is half precision that the graph computes. */
  DEQUANTIZE: (op) => cast(op, op.edge(0)),
}

function reshapeTo(
  op: OperatorScope,
  x: Edge,
  from: readonly number[],
  to: readonly number[],
): Edge {
  if (elementCount(from) === elementCount(to)) return op.emit('Reshape', [x, op.ints(to)])
  throw op.error(`makes [${to}] of [${from}], which has another number of elements`)
}

function allInputs(op: OperatorScope): Edge[] {
  return Array.from({ length: op.inputCount }, (_, i) => op.edge(i))
}

function cast(op: OperatorScope, x: Edge): Edge {
  const { name, onnx } = op.output.type
  if (onnx) return op.emit('Cast', [x], { to: ONNX_TYPE[onnx] })
  throw op.error(`casts to ${name}, which has no conversion`)
}
