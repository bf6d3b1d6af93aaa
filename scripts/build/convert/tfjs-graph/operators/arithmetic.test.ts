import { c, f, ints, nonZero, numbers, positive, whole } from '../operands.ts'
import { testFamily } from '../test-family.ts'
import { arithmetic } from './arithmetic.ts'

testFamily(arithmetic, [
  ...['Add', 'AddV2', 'Sub', 'Mul', 'Maximum', 'Minimum', 'SquaredDifference', 'Atan2'].map(
    (op) => ({ op, inputs: [f(2, 3, 4), f(3, 1)] }),
  ),
  ...['Add', 'Sub', 'Mul', 'Maximum'].map((op) => ({
    op,
    inputs: [whole([3, 4], -9, 9), whole([4], -9, 9)],
    gives: ['INT32' as const],
  })),
  ...['RealDiv', 'Div', 'FloorMod', 'Mod'].map((op) => ({
    op,
    inputs: [f(3, 4), positive(4)],
  })),
  ...['FloorDiv', 'FloorMod', 'Mod', 'RealDiv', 'Div'].flatMap((op) =>
    Object.entries({
      'of whole numbers': [whole([5, 8], -40, 40), nonZero([8])],
      'of more than FP32 tells apart, by 1': [ints([16_777_217, -16_777_217]), ints([1, 1])],
      'of more than FP32 tells apart': [
        ints([16_777_217, 16_777_217]),
        ints([16_777_216, -16_777_216]),
      ],
      'of whole numbers by 0': [ints([5, -5, 0]), ints([0, 0, 0])],
      'of the lowest number by -1': [ints([-(2 ** 31), 7]), ints([-1, 2])],
    }).map(([about, inputs]) => ({ op, about, inputs, gives: ['INT32' as const] })),
  ),
  {
    op: 'DivNoNan',
    inputs: [f(2, 3), numbers(0, 2, -0)],
  },
  { op: 'Pow', inputs: [positive(3, 4), f(4)] },
  { op: 'AddN', inputs: [f(2, 3), f(2, 3), f(2, 3)] },
  { op: 'Prelu', inputs: [f(1, 4, 4, 3), c(1, 1, 3)] },
])
