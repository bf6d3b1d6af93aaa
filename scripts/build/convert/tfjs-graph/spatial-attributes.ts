import { foreignNodeError } from '../foreign-node-error.ts'
import type { SpatialPadding } from '../spatial-padding.ts'
import type { OperatorNode } from './operator.ts'

/** Throws where channels are second: tfjs has models with channels last only. */
export function requireChannelsLast(node: OperatorNode): void {
  const format = node.text('data_format', 'NHWC')
  if (format === 'NHWC') return
  throw foreignNodeError(node, `has data_format ${format}; it must be NHWC`)
}

/** Strides, dilations and padding of height and width. */
export function nhwcWindow(node: OperatorNode): {
  strides: number[]
  dilations: number[]
  padding: SpatialPadding
} {
  requireChannelsLast(node)
  const dilations = node.ints('dilations').slice(1, 3)
  return {
    strides: node.ints('strides').slice(1, 3),
    dilations: dilations.length === 2 ? dilations : [1, 1],
    padding: nhwcPadding(node),
  }
}

function nhwcPadding(node: OperatorNode): SpatialPadding {
  const padding = node.text('padding')
  if (padding === 'SAME' || padding === 'VALID') return padding
  if (padding !== 'EXPLICIT') {
    throw foreignNodeError(node, `has padding '${padding}'; it can be SAME, VALID or EXPLICIT`)
  }
  const [, , top = 0, bottom = 0, left = 0, right = 0] = node.ints('explicit_paddings')
  return [
    [top, bottom],
    [left, right],
  ]
}
