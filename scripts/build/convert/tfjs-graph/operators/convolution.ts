import type { Edge } from '#scripts/onnx-graph.ts'

import type { Emitter } from '../../emitter.ts'
import { foreignNodeError } from '../../foreign-node-error.ts'
import { nhwcConvTranspose } from '../../nhwc-conv-transpose.ts'
import { kernelFromHwim, kernelFromHwio, nhwcConv } from '../../nhwc-conv.ts'
import { fusedBias, fusedActivation } from '../fused-operators.ts'
import type { ConvertOperator, OperatorFamily, OperatorNode } from '../operator.ts'
import { nhwcWindow, requireChannelsLast } from '../spatial-attributes.ts'

const conv2d: ConvertOperator = (e, node) => {
  const kernel = kernelFromHwio(e, node.input(1), 2)
  const out = nhwcConv(e, {
    x: node.input(0),
    kernel,
    bias: fusedBias(node),
    ...convWindow(node),
  })
  return fusedActivation(e, node, out)
}

const depthwiseConv2d: ConvertOperator = (e, node) => {
  const shape = node.requireShape(1)
  const out = nhwcConv(e, {
    x: node.input(0),
    kernel: kernelFromHwim(e, node.input(1), shape),
    bias: fusedBias(node),
    groups: shape.at(-2),
    ...convWindow(node),
  })
  return fusedActivation(e, node, out)
}

export const convolution: OperatorFamily = {
  Conv2D: conv2d,
  _FusedConv2D: conv2d,
  DepthwiseConv2d: depthwiseConv2d,
  DepthwiseConv2dNative: depthwiseConv2d,
  FusedDepthwiseConv2dNative: depthwiseConv2d,
  Conv2DBackpropInput: convTranspose,
}

/** The size of the kernel must be known only where it is dilated and padded to keep the size. */
function convWindow(
  node: OperatorNode,
): ReturnType<typeof nhwcWindow> & { kernelSize?: readonly number[] } {
  const window = nhwcWindow(node)
  const isDilated = window.dilations.some((rate) => rate !== 1)
  if (!isDilated || window.padding !== 'SAME') return window
  if (window.strides.some((stride) => stride !== 1)) {
    throw foreignNodeError(node, 'has both strides and dilations; one of them must be 1')
  }
  return { ...window, kernelSize: node.requireShape(1).slice(0, 2) }
}

/**
 * Inputs are the shape of the result, the kernel and the tensor. A shape that is computed is taken to be
 * the one that Keras computes: the largest of SAME, the smallest of VALID.
 */
function convTranspose(e: Emitter, node: OperatorNode): Edge {
  requireChannelsLast(node)
  const { strides, padding } = nhwcWindow(node)
  if (padding !== 'SAME' && padding !== 'VALID') {
    throw foreignNodeError(node, 'has explicit padding; it can be SAME or VALID')
  }
  const kernelSize = node.requireShape(1).slice(0, 2)
  return nhwcConvTranspose(e, {
    x: node.input(2),
    kernel: kernelFromHwio(e, node.input(1), 2),
    kernelSize,
    strides,
    padding,
    outputSize: constantSize(node),
  })
}

/** Height and width in the shape of the result, where it is a constant. */
function constantSize(node: OperatorNode): number[] | undefined {
  if (!node.constant(0)) return undefined
  const shape = node.requireInts(0)
  const size = shape.slice(1, 3)
  if (shape.length === 4 && size.every((side) => side > 0)) return size
  throw foreignNodeError(node, `gives the shape [${shape}]; it takes four sizes`)
}
