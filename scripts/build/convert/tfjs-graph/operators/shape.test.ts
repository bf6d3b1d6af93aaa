import { f, ints, pairs, single } from '../operands.ts'
import { testFamily } from '../test-family.ts'
import { shape } from './shape.ts'

testFamily(shape, [
  { op: 'Reshape', inputs: [f(2, 6), ints([3, -1])] },
  { op: 'ExpandDims', inputs: [f(2, 3), ints(-1)] },
  { op: 'Squeeze', inputs: [f(1, 3, 1)], attr: { squeeze_dims: [2] } },
  { op: 'Squeeze', inputs: [f(1, 3, 1)] },
  { op: 'Transpose', inputs: [f(2, 3, 4), ints([2, 0, 1])] },
  { op: 'Shape', inputs: [f(2, 3, 4)], gives: ['INT32'] },
  { op: 'Rank', inputs: [f(2, 3, 4)], gives: ['INT32'] },
  { op: 'Size', inputs: [f(2, 3, 4)], gives: ['INT32'] },
  { op: 'Tile', inputs: [f(2, 3), ints([2, 1])] },
  { op: 'BroadcastTo', inputs: [f(1, 3), ints([4, 3])] },
  {
    op: 'Pad',
    inputs: [f(2, 3), pairs([1, 0, 2, 3])],
  },
  {
    op: 'PadV2',
    inputs: [f(2, 3), pairs([1, 0, 2, 3]), single(7)],
  },
  {
    op: 'MirrorPad',
    inputs: [f(4, 5), pairs([1, 2, 0, 3])],
    attr: { mode: 'reflect' },
  },
  { op: 'ReverseV2', inputs: [f(3, 4), ints([1])] },
])
