import { nhwcPool } from '../../nhwc-pool.ts'
import type { ConvertOperator, OperatorFamily } from '../operator.ts'
import { nhwcWindow } from '../spatial-attributes.ts'

const pool =
  (kind: 'Max' | 'Average'): ConvertOperator =>
  (e, node) => {
    const { strides, padding } = nhwcWindow(node)
    const size = node.ints('ksize').slice(1, 3)
    return nhwcPool(e, { x: node.input(0), kind, size, strides, padding })
  }

export const pooling: OperatorFamily = {
  MaxPool: pool('Max'),
  AvgPool: pool('Average'),
}
