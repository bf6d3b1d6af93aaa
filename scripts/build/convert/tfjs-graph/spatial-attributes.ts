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
  const hasDilations = node.ints('dilations').length > 0
  return {
    strides: heightAndWidth(node, 'strides'),
    dilations: hasDilations ? heightAndWidth(node, 'dilations') : [1, 1],
    padding: nhwcPadding(node),
  }
}

/** The two in the middle of an attribute that has one for each axis. */
export function heightAndWidth(node: OperatorNode, attribute: string): number[] {
  const values = node.ints(attribute)
  const own = values.slice(1, 3)
  if (values.length === 4 && own.every((value) => value > 0)) return own
  throw foreignNodeError(node, `has [${values}] as '${attribute}'; it takes four positive numbers`)
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
