import { foreignNodeError } from '../../foreign-node-error.ts'
import { castTo, wholeScalar } from '../element-type.ts'
import type { OperatorFamily } from '../operator.ts'
import { requireAxis } from '../require-axis.ts'
import { stridedSlice } from '../strided-slice.ts'

/** Beyond any axis' end: ONNX stops there. */
const TO_THE_END = 2 ** 31 - 1

export const selection: OperatorFamily = {
  StridedSlice: stridedSlice,
  Slice(e, node) {
    const [begin, size] = [node.requireInts(1), node.requireInts(2)]
    const ends = begin.map((from, i) => ((size[i] ?? -1) < 0 ? TO_THE_END : from + (size[i] ?? 0)))
    return e.emit('Slice', [node.input(0), e.ints(begin), e.ints(ends)])
  },
  Gather: (e, node) => e.emit('Gather', [node.input(0), node.input(1)], { axis: 0 }),
  GatherV2(e, node) {
    if (node.int('batch_dims', 0) !== 0) {
      throw foreignNodeError(node, 'gathers in batches; batch_dims must be 0')
    }
    return e.emit('Gather', [node.input(0), node.input(1)], { axis: requireAxis(node, 2) })
  },
  GatherNd: (e, node) => e.emit('GatherND', [node.input(0), node.int64(1)]),
  TopKV2(e, node) {
    const count = e.emit('Reshape', [node.int64(1), e.ints([1])])
    const [values = '', indices = ''] = e.emitMany('TopK', [node.input(0), count], 2, { axis: -1 })
    return [values, castTo(e, indices, 'INT32')]
  },
  OneHot(e, node) {
    const [index, depth] = [node.input(0), node.input(1)]
    // ONNX counts negative indices from the end; tfjs has none of them on, as ONNX has none at the end
    const isNegative = e.emit('Less', [index, wholeScalar(e, 'INT32', 0)])
    const counted = e.emit('Where', [isNegative, depth, index])
    const values = [3, 2].map((input) => e.emit('Reshape', [node.input(input), e.ints([1])]))
    return e.emit('OneHot', [counted, depth, e.emit('Concat', values, { axis: 0 })], {
      axis: node.int('axis', -1),
    })
  },
}
