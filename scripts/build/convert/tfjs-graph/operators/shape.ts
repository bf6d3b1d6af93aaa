import { foreignNodeError } from '../../foreign-node-error.ts'
import { castTo } from '../element-type.ts'
import type { ConvertOperator, OperatorFamily } from '../operator.ts'
import { onnxPads } from '../onnx-pads.ts'

/** ONNX stops at an axis' start. */
const BEFORE_THE_START = -(2 ** 31)

const pad: ConvertOperator = (e, node) =>
  e.emit('Pad', [
    node.input(0),
    onnxPads(e, node.int64(1)),
    ...(node.inputCount > 2 ? [node.input(2)] : []),
  ])

export const shape: OperatorFamily = {
  Reshape: (e, node) => e.emit('Reshape', [node.input(0), node.int64(1)]),
  ExpandDims: (e, node) => e.emit('Unsqueeze', [node.input(0), e.ints(node.requireInts(1))]),
  Squeeze(e, node) {
    const axes = node.ints('squeeze_dims')
    return e.emit('Squeeze', [node.input(0), ...(axes.length > 0 ? [e.ints(axes)] : [])])
  },
  Transpose: (e, node) => e.emit('Transpose', [node.input(0)], { perm: node.requireInts(1) }),
  Shape: (e, node) => castTo(e, e.emit('Shape', [node.input(0)]), 'INT32'),
  Size: (e, node) => castTo(e, e.emit('Size', [node.input(0)]), 'INT32'),
  Rank(e, node) {
    const size = e.emit('Size', [e.emit('Shape', [node.input(0)])])
    return castTo(e, size, 'INT32')
  },
  Tile: (e, node) => e.emit('Tile', [node.input(0), node.int64(1)]),
  BroadcastTo: (e, node) => e.emit('Expand', [node.input(0), node.int64(1)]),
  Pad: pad,
  PadV2: pad,
  MirrorPad(e, node) {
    const mode = node.text('mode').toUpperCase()
    if (mode !== 'REFLECT') {
      throw foreignNodeError(node, `pads with mode ${mode}; ONNX has REFLECT of TensorFlow's two`)
    }
    return e.emit('Pad', [node.input(0), onnxPads(e, node.int64(1))], { mode: 'reflect' })
  },
  ReverseV2(e, node) {
    const axes = node.requireInts(1)
    if (axes.length === 0) return node.input(0)
    const all = (value: number) => e.ints(axes.map(() => value))
    return e.emit('Slice', [node.input(0), all(-1), all(BEFORE_THE_START), e.ints(axes), all(-1)])
  },
}
