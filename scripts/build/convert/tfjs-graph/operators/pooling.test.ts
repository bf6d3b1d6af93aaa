import { f, window } from '../operands.ts'
import { testFamily } from '../test-family.ts'
import { pooling } from './pooling.ts'

const pool = (padding: string, size: number, stride: number) => ({
  ...window(padding, [1, stride, stride, 1]),
  ksize: [1, size, size, 1],
})

testFamily(
  pooling,
  ['SAME', 'VALID'].flatMap((padding) => [
    { op: 'MaxPool', inputs: [f(1, 8, 7, 3)], attr: pool(padding, 3, 2) },
    { op: 'AvgPool', inputs: [f(1, 8, 7, 3)], attr: pool(padding, 3, 2) },
  ]),
)
