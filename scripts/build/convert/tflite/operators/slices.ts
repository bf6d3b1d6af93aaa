import type { Edge } from '#scripts/onnx-graph.ts'

import { scalar } from '../../emitter.ts'
import type { OperatorFamily, OperatorScope } from '../operator-scope.ts'
import { requireAxis } from '../require-axis.ts'
import { stridedSlice } from '../strided-slice.ts'

/** Values of MirrorPad's mode: REFLECT leaves the edge out of the mirror image. */
const REFLECT = 0
/** A size that means: up to the end. */
const TO_END = -1

export const slices: OperatorFamily = {
  SLICE(op) {
    const { shape } = op.input(0)
    const begin = requireRank(op, 'begin', op.integers(1), shape)
    const size = requireRank(op, 'size', op.integers(2), shape)
    const end = begin.map((from, i) =>
      size[i] === TO_END ? (shape[i] ?? 0) : from + (size[i] ?? 0),
    )
    return op.emit('Slice', [op.edge(0), op.ints(begin), op.ints(end)])
  },
  STRIDED_SLICE: stridedSlice,
  SPLIT(op) {
    const axis = requireAxis(op, op.integer(0), op.input(1).shape.length)
    const parts = op.outputs.length
    const length = op.input(1).shape[axis] ?? 0
    if (length % parts !== 0) throw op.error(`splits ${length} into ${parts} equal parts`)
    return split(
      op,
      op.edge(1),
      axis,
      op.outputs.map(() => length / parts),
    )
  },
  SPLIT_V(op) {
    const { shape } = op.input(0)
    const axis = requireAxis(op, op.integer(2), shape.length)
    const sizes = op.integers(1)
    const known = sizes.reduce((sum, size) => sum + Math.max(size, 0), 0)
    const rest = (shape[axis] ?? 0) - known
    return split(
      op,
      op.edge(0),
      axis,
      sizes.map((size) => (size === TO_END ? rest : size)),
    )
  },
  GATHER(op) {
    const options = op.options('Gather')
    if (options.int32('batch_dims') !== 0)
      throw op.error('gathers within batches, which has no conversion')
    const axis = requireAxis(op, options.int32('axis'), op.input(0).shape.length)
    return op.emit('Gather', [op.edge(0), op.edge(1)], { axis })
  },
  PAD: (op) => pad(op, 'constant', scalar(op, 0)),
  PADV2: (op) => pad(op, 'constant', op.edge(2)),
  MIRROR_PAD(op) {
    if (op.options('MirrorPad').int8('mode') === REFLECT) return pad(op, 'reflect')
    throw op.error('mirrors the edge itself (SYMMETRIC), which ONNX has not')
  },
}

function split(
  op: OperatorScope,
  x: Edge,
  axis: number,
  sizes: readonly number[],
): readonly Edge[] {
  if (sizes.length !== op.outputs.length || sizes.some((size) => size < 0)) {
    throw op.error(`splits into ${sizes} for ${op.outputs.length} outputs`)
  }
  return op.emitMany('Split', [x, op.ints(sizes)], sizes.length, { axis })
}

/** Pairs of elements before and after each axis. */
function pad(op: OperatorScope, mode: string, value?: Edge): Edge {
  const { shape } = op.input(0)
  const pairs = op.integers(1)
  if (pairs.length !== 2 * shape.length || pairs.some((count) => count < 0)) {
    throw op.error(`pads by ${pairs}; two numbers for each of ${shape.length} axes would be right`)
  }
  const before = pairs.filter((_, i) => i % 2 === 0)
  const after = pairs.filter((_, i) => i % 2 === 1)
  const pads = op.ints([...before, ...after])
  return op.emit('Pad', [op.edge(0), pads, ...(value === undefined ? [] : [value])], { mode })
}

function requireRank(
  op: OperatorScope,
  what: string,
  values: readonly number[],
  shape: readonly number[],
): readonly number[] {
  if (values.length === shape.length) return values
  throw op.error(`has ${values.length} numbers as ${what} of a tensor of ${shape.length} axes`)
}
