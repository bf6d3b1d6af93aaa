import { z } from 'zod'

import type { Edge } from '#scripts/onnx-graph.ts'

import type { Emitter } from '../../emitter.ts'
import { foreignNodeError } from '../../foreign-node-error.ts'
import { nhwcConvTranspose } from '../../nhwc-conv-transpose.ts'
import { kernelFromHwim, kernelFromHwio, nhwcConv } from '../../nhwc-conv.ts'
import {
  ChannelsLast,
  configuredActivation,
  configuredBias,
  Padding,
  spatialSizes,
} from '../layer-config.ts'
import type { ConvertLayer, LayerCall, LayerFamily, LayerTensor } from '../operator.ts'

const window = (axes: number) =>
  z.object({
    data_format: ChannelsLast,
    strides: spatialSizes(axes),
    dilation_rate: spatialSizes(axes).default(Array<number>(axes).fill(1)),
    padding: Padding,
  })

const conv =
  (axes: 1 | 2): ConvertLayer =>
  (e, call) => {
    const { groups } = call.config(z.object({ groups: z.int().positive().default(1) }))
    return finish(
      e,
      call,
      nhwcConv(e, {
        x: call.x.edge,
        kernel: kernelFromHwio(e, call.weight('kernel'), axes),
        bias: configuredBias(call),
        groups,
        ...readWindow(call, axes, 'kernel'),
      }),
    )
  }

export const convolution: LayerFamily = {
  Conv1D: conv(1),
  Conv2D: conv(2),
  DepthwiseConv2D: (e, call) => finish(e, call, depthwise(e, call, configuredBias(call))),
  SeparableConv2D(e, call) {
    const pointwise = nhwcConv(e, {
      x: depthwise(e, call, undefined),
      kernel: kernelFromHwio(e, call.weight('pointwise_kernel'), 2),
      bias: configuredBias(call),
      strides: [1, 1],
      padding: 'VALID',
    })
    return finish(e, call, pointwise)
  },
  Conv2DTranspose(e, call) {
    const { strides, padding, dilations, kernelSize } = readWindow(call, 2, 'kernel')
    if (dilations.some((rate) => rate !== 1)) {
      throw foreignNodeError(call, 'is dilated; tfjs has no such layer either')
    }
    return finish(
      e,
      call,
      nhwcConvTranspose(e, {
        x: call.x.edge,
        kernel: kernelFromHwio(e, call.weight('kernel'), 2),
        kernelSize,
        bias: configuredBias(call),
        strides,
        padding,
      }),
    )
  },
}

function depthwise(e: Emitter, call: LayerCall, bias: Edge | undefined): Edge {
  const { shape } = call.requireValues('depthwise_kernel')
  return nhwcConv(e, {
    x: call.x.edge,
    kernel: kernelFromHwim(e, call.weight('depthwise_kernel'), shape),
    bias,
    groups: shape.at(-2),
    ...readWindow(call, 2, 'depthwise_kernel'),
  })
}

function finish(e: Emitter, call: LayerCall, edge: Edge): LayerTensor {
  return { edge: configuredActivation(e, call, edge), rank: call.x.rank }
}

function readWindow(
  call: LayerCall,
  axes: number,
  kernel: string,
): { strides: number[]; dilations: number[]; padding: 'SAME' | 'VALID'; kernelSize: number[] } {
  const { strides, dilation_rate: dilations, padding } = call.config(window(axes))
  const { shape } = call.requireValues(kernel)
  return { strides, dilations, padding, kernelSize: shape.slice(0, axes) }
}
