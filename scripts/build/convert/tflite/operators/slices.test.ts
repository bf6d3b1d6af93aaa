import { x, testOperators, type OperatorCase } from '../test-operators.ts'
import { slices } from './slices.ts'

const slice = (
  about: string,
  [begin, end, stride]: readonly number[][],
  output: readonly number[],
  masks: Record<string, number> = {},
): OperatorCase => ({
  operator: 'STRIDED_SLICE',
  about,
  operands: [x, { ints: begin ?? [] }, { ints: end ?? [] }, { ints: stride ?? [] }],
  outputs: [output],
  options: ['StridedSlice', masks],
})

testOperators(slices, [
  {
    operator: 'SLICE',
    operands: [x, { ints: [0, 1, 2, 0] }, { ints: [1, 3, -1, 2] }],
    outputs: [[1, 3, 5, 2]],
  },
  slice(
    'steps and negative ends',
    [
      [0, 1, 0, -3],
      [1, 5, -1, 4],
      [1, 2, 2, 1],
    ],
    [1, 2, 3, 3],
  ),
  slice(
    'backwards',
    [
      [0, 0, 6, 0],
      [1, 5, 0, 4],
      [1, 1, -2, 1],
    ],
    [1, 5, 3, 4],
  ),
  slice(
    'backwards to the first',
    [
      [0, 0, 0, 0],
      [1, 5, 0, 4],
      [1, 1, -1, 1],
    ],
    [1, 5, 7, 4],
    { begin_mask: 4, end_mask: 4 },
  ),
  slice(
    'one index, dropped',
    [
      [0, 2],
      [1, 3],
      [1, 1],
    ],
    [1, 7, 4],
    { shrink_axis_mask: 2 },
  ),
  slice(
    'the last index, dropped',
    [
      [0, -1],
      [1, 0],
      [1, 1],
    ],
    [1, 7, 4],
    { shrink_axis_mask: 2, begin_mask: 1, end_mask: 1 },
  ),
  {
    operator: 'SPLIT',
    operands: [{ ints: [3], shape: [] }, x],
    options: ['Split', { num_splits: 2 }],
    outputs: [
      [1, 5, 7, 2],
      [1, 5, 7, 2],
    ],
  },
  {
    operator: 'SPLIT_V',
    operands: [x, { ints: [3, -1] }, { ints: [2], shape: [] }],
    options: ['SplitV', { num_splits: 2 }],
    outputs: [
      [1, 5, 3, 4],
      [1, 5, 4, 4],
    ],
  },
  {
    operator: 'GATHER',
    operands: [x, { ints: [3, 0, 3] }],
    outputs: [[1, 5, 7, 3]],
    options: ['Gather', { axis: 3 }],
  },
  {
    operator: 'PAD',
    operands: [x, { ints: [0, 0, 1, 2, 0, 3, 0, 0], shape: [4, 2] }],
    outputs: [[1, 8, 10, 4]],
  },
  {
    operator: 'PADV2',
    operands: [x, { ints: [0, 0, 1, 2, 0, 3, 0, 0], shape: [4, 2] }, { floats: [] }],
    outputs: [[1, 8, 10, 4]],
  },
  {
    operator: 'MIRROR_PAD',
    operands: [x, { ints: [0, 0, 1, 2, 0, 3, 0, 0], shape: [4, 2] }],
    outputs: [[1, 8, 10, 4]],
    options: ['MirrorPad', { mode: 0 }],
  },
])
