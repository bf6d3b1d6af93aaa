import type { Edge } from '#scripts/onnx-graph.ts'

import type { Emitter } from '../emitter.ts'
import { foreignNodeError } from '../foreign-node-error.ts'
import type { OperatorNode } from './operator.ts'

/** Beyond any axis' end, and before its start. */
const TO_THE_END = 2 ** 31 - 1
const TO_THE_START = -(2 ** 31)

/** What the slice does along one axis of the tensor. */
interface AxisSlice {
  axis: number
  start: number
  end: number
  step: number
}

/**
 * TensorFlow's x[…]: every position of begin, end and strides is a range, one index, an ellipsis or a
 * new axis, as bits of the masks say. Behind an ellipsis axes are counted from the last, so that the
 * rank needn't be known.
 */
export function stridedSlice(e: Emitter, node: OperatorNode): Edge {
  const { slices, shrunk, added } = readPositions(node)
  let x = node.input(0)
  if (slices.length > 0) {
    x = e.emit('Slice', [
      x,
      e.ints(slices.map(({ start }) => start)),
      e.ints(slices.map(({ end }) => end)),
      e.ints(slices.map(({ axis }) => axis)),
      e.ints(slices.map(({ step }) => step)),
    ])
  }
  if (shrunk.length > 0) x = e.emit('Squeeze', [x, e.ints(shrunk)])
  if (added.length > 0) x = e.emit('Unsqueeze', [x, e.ints(added)])
  return x
}

function readPositions(node: OperatorNode): {
  slices: AxisSlice[]
  /** Axes of the tensor that one index took. */
  shrunk: number[]
  /** Axes of the result that are new. */
  added: number[]
} {
  const [begin, end, strides] = [1, 2, 3].map((index) => node.requireInts(index))
  const masks = ['begin', 'end', 'ellipsis', 'new_axis', 'shrink_axis'].map((name) =>
    node.int(`${name}_mask`, 0),
  )
  const count = begin?.length ?? 0
  if (end?.length !== count || strides?.length !== count) {
    throw foreignNodeError(node, 'has begin, end and strides of different lengths')
  }
  const positions = Array.from({ length: count }, (_, i) => {
    const [openBegin, openEnd, ellipsis, isNew, isShrunk] = masks.map(
      (mask) => ((mask >> i) & 1) === 1,
    )
    const step = strides[i] ?? 1
    const from = begin?.[i] ?? 0
    if (ellipsis) return { kind: 'ellipsis' } as const
    if (isNew) return { kind: 'new' } as const
    if (isShrunk) {
      return {
        kind: 'index',
        start: from,
        end: from === -1 ? TO_THE_END : from + 1,
        step: 1,
      } as const
    }
    const start = openBegin ? (step < 0 ? TO_THE_END : 0) : from
    const stop = openEnd ? (step < 0 ? TO_THE_START : TO_THE_END) : (end[i] ?? 0)
    return { kind: 'range', start, end: stop, step } as const
  })
  const ellipsis = positions.findIndex(({ kind }) => kind === 'ellipsis')

  const slices: AxisSlice[] = []
  const [shrunk, added]: [number[], number[]] = [[], []]
  positions.forEach((position, i) => {
    if (position.kind === 'ellipsis') return
    const isBehind = ellipsis !== -1 && i > ellipsis
    const others = isBehind ? positions.slice(i + 1) : positions.slice(0, i)
    const ofTensor = others.filter(({ kind }) => kind !== 'new').length
    const ofResult = others.filter(({ kind }) => kind !== 'index').length
    const place = (before: number) => (isBehind ? -1 - before : before)
    if (position.kind === 'new') {
      added.push(place(ofResult))
      return
    }
    const { start, end: stop, step } = position
    const axis = place(ofTensor)
    const isWhole = start === 0 && stop === TO_THE_END && step === 1 && position.kind === 'range'
    if (!isWhole) slices.push({ axis, start, end: stop, step })
    if (position.kind === 'index') shrunk.push(axis)
  })
  return { slices, shrunk, added }
}
