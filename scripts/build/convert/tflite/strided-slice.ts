import type { ConvertOperator } from './operator-scope.ts'

/** Beyond the first element, for a slice that goes backwards to it. */
const BEFORE_FIRST = -(2 ** 31)

/**
 * `x[begin:end:stride, …]` of TensorFlow. Masks have a bit for each axis: begin or end not given, or
 * the axis taken at one index and dropped.
 */
export const stridedSlice: ConvertOperator = (op) => {
  const options = op.options('StridedSlice')
  if (options.int32('ellipsis_mask') !== 0 || options.int32('new_axis_mask') !== 0) {
    throw op.error('adds axes or leaves some out (…), which has no conversion')
  }
  const { shape } = op.input(0)
  const [begins, ends, strides] = [op.integers(1), op.integers(2), op.integers(3)]
  const ranks = [begins, ends, strides].map(({ length }) => length)
  if (ranks.some((rank) => rank !== ranks[0] || rank > shape.length)) {
    throw op.error(`has ${ranks} begins, ends and strides of a tensor of ${shape.length} axes`)
  }
  if (strides.includes(0)) throw op.error('has a stride of 0')

  const isSet = (mask: 'begin_mask' | 'end_mask' | 'shrink_axis_mask', axis: number) =>
    (options.int32(mask) & (1 << axis)) !== 0
  const axes = begins.map((_, axis) => axis)
  const ranges = axes.map((axis) => {
    const [size, stride] = [shape[axis] ?? 0, strides[axis] ?? 1]
    const begin = begins[axis] ?? 0
    if (isSet('shrink_axis_mask', axis)) {
      const index = begin < 0 ? begin + size : begin
      return { begin: index, end: index + 1, stride: 1 }
    }
    return {
      begin: isSet('begin_mask', axis) ? (stride > 0 ? 0 : size - 1) : begin,
      end: isSet('end_mask', axis) ? (stride > 0 ? size : BEFORE_FIRST) : (ends[axis] ?? 0),
      stride,
    }
  })
  const sliced = op.emit('Slice', [
    op.edge(0),
    op.ints(ranges.map(({ begin }) => begin)),
    op.ints(ranges.map(({ end }) => end)),
    op.ints(axes),
    op.ints(ranges.map(({ stride }) => stride)),
  ])
  const dropped = axes.filter((axis) => isSet('shrink_axis_mask', axis))
  return dropped.length === 0 ? sliced : op.emit('Squeeze', [sliced, op.ints(dropped)])
}
