import { f, ints, single, whole } from '../operands.ts'
import { testFamily } from '../test-family.ts'
import { selection } from './selection.ts'

const slice = (masks: Record<string, number>) => ({
  begin_mask: 0,
  end_mask: 0,
  ellipsis_mask: 0,
  new_axis_mask: 0,
  shrink_axis_mask: 0,
  ...masks,
})

testFamily(selection, [
  { op: 'Slice', inputs: [f(4, 5), ints([1, 2]), ints([2, -1])] },
  { op: 'Gather', inputs: [f(5, 3), whole([4], 0, 5)] },
  { op: 'GatherV2', inputs: [f(3, 5), whole([2, 2], 0, 5), ints(1)] },
  { op: 'GatherNd', inputs: [f(3, 5), whole([4, 2], 0, 3)] },
  { op: 'TopKV2', inputs: [f(3, 9), ints(4)], attr: { sorted: true }, gives: ['FP32', 'INT32'] },
  {
    op: 'OneHot',
    inputs: [whole([4], 0, 6), ints(6), single(2), single(-1)],
    attr: { axis: -1, T: { type: 'DT_FLOAT' } },
  },
  {
    op: 'OneHot',
    about: 'has nothing on for indices below 0 and from the depth on',
    inputs: [ints([-1, 0, 5, 6, -6, -7]), ints(6), single(2), single(-1)],
    attr: { axis: -1, T: { type: 'DT_FLOAT' } },
  },
  ...(
    [
      [[0, 1, 0], [2, 4, 3], [1, 2, 1], {}],
      [[1, 0, 0], [2, 3, 2], [1, 1, 1], { begin_mask: 6, end_mask: 4 }],
      [[1, 2], [2, 4], [1, 1], { shrink_axis_mask: 1 }],
      [[-1, 1], [0, 4], [1, 1], { shrink_axis_mask: 1 }],
      [[0, 1], [0, 3], [1, 1], { ellipsis_mask: 1 }],
      [[0, -1], [0, 0], [1, 1], { ellipsis_mask: 1, shrink_axis_mask: 2 }],
      [[0, 0, 1], [0, 0, 3], [1, 1, 1], { ellipsis_mask: 1, new_axis_mask: 2 }],
      [[0, 0], [0, 0], [1, 1], { new_axis_mask: 1, begin_mask: 2, end_mask: 2 }],
      [[0, 0, 0], [0, 0, 0], [-1, 1, -2], { begin_mask: 7, end_mask: 7 }],
    ] as const
  ).map(([begin, end, strides, masks]) => ({
    op: 'StridedSlice',
    inputs: [f(3, 5, 4), ints(begin), ints(end), ints(strides)],
    attr: slice(masks),
  })),
])
