import { nhwcPool } from '../../nhwc-pool.ts'
import type { ConvertOperator, OperatorFamily } from '../operator.ts'
import { heightAndWidth, nhwcWindow } from '../spatial-attributes.ts'

const pool =
  (kind: 'Max' | 'Average'): ConvertOperator =>
  (e, node) => {
    const { strides, padding } = nhwcWindow(node)
    const size = heightAndWidth(node, 'ksize')
    return nhwcPool(e, { x: node.input(0), kind, size, strides, padding })
  }

export const pooling: OperatorFamily = {
  MaxPool: pool('Max'),
  AvgPool: pool('Average'),
}
