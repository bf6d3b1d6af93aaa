import type { Edge } from '#scripts/onnx-graph.ts'

import { withChannelsSecond } from '../../channels-last.ts'
import type { Emitter } from '../../emitter.ts'
import { foreignNodeError } from '../../foreign-node-error.ts'
import type { OperatorFamily, OperatorNode } from '../operator.ts'

/**
 * A dilated convolution as older exporters write it: the pixels of one phase become one batch entry.
 * By way of depth, which ONNX can move space to and from whatever the size.
 */
export const spaceToBatch: OperatorFamily = {
  SpaceToBatchND(e, node) {
    const block = requireSquareBlock(node)
    const [top = 0, bottom = 0, left = 0, right = 0] = node.requireInts(2)
    const padded = e.emit('Pad', [node.input(0), e.ints([0, top, left, 0, 0, bottom, right, 0])])
    const deep = withChannelsSecond(e, padded, 2, (inside) =>
      e.emit('SpaceToDepth', [inside], { blocksize: block }),
    )
    const phases = e.emit('Reshape', [deep, e.ints([0, 0, 0, block * block, -1])])
    const first = e.emit('Transpose', [phases], { perm: [3, 0, 1, 2, 4] })
    return e.emit('Reshape', [first, joinShape(e, [-1], first, 2)])
  },
  BatchToSpaceND(e, node) {
    const block = requireSquareBlock(node)
    const [top = 0, bottom = 0, left = 0, right = 0] = node.requireInts(2)
    const x = node.input(0)
    const phases = e.emit('Reshape', [x, joinShape(e, [block * block, -1], x, 1)])
    const last = e.emit('Transpose', [phases], { perm: [1, 2, 3, 0, 4] })
    const deep = e.emit('Reshape', [last, e.ints([0, 0, 0, -1])])
    const wide = withChannelsSecond(e, deep, 2, (inside) =>
      e.emit('DepthToSpace', [inside], { blocksize: block }),
    )
    const end = (cut: number) => (cut === 0 ? 2 ** 31 - 1 : -cut)
    return e.emit('Slice', [
      wide,
      e.ints([top, left]),
      e.ints([end(bottom), end(right)]),
      e.ints([1, 2]),
    ])
  },
}

function requireSquareBlock(node: OperatorNode): number {
  const [height = 0, width, ...others] = node.requireInts(1)
  if (height > 0 && height === width && others.length === 0) return height
  throw foreignNodeError(node, `has blocks of [${node.requireInts(1)}]; they must be square`)
}

/** Sizes of axes, then those of `x` from an axis on. */
function joinShape(e: Emitter, sizes: readonly number[], x: Edge, from: number): Edge {
  const rest = e.emit('Shape', [x], { start: from })
  return e.emit('Concat', [e.ints(sizes), rest], { axis: 0 })
}
