import type { Edge } from '#scripts/onnx-graph.ts'

import { withChannelsSecond } from './channels-last.ts'
import type { Emitter } from './emitter.ts'
import { paddingAttributes, type SpatialPadding } from './spatial-padding.ts'

/** A convolution of a tensor with channels last, along as many axes as `strides` has. */
export interface NhwcConv {
  x: Edge
  /** As ONNX has it: [out, in / groups, …spatial]. */
  kernel: Edge
  /** One value an output channel. */
  bias?: Edge | undefined
  strides: readonly number[]
  dilations?: readonly number[] | undefined
  padding: SpatialPadding
  groups?: number | undefined
}

export function nhwcConv(e: Emitter, conv: NhwcConv): Edge {
  const { x, kernel, bias, strides, dilations, padding, groups = 1 } = conv
  return withChannelsSecond(e, x, strides.length, (inside) =>
    e.emit('Conv', [inside, kernel, ...(bias === undefined ? [] : [bias])], {
      strides,
      group: groups,
      ...(dilations ? { dilations } : {}),
      ...paddingAttributes(padding),
    }),
  )
}

/** A kernel [height, width, in, out], with as many spatial axes as it has, as ONNX has it. */
export function kernelFromHwio(e: Emitter, kernel: Edge, spatialAxes: number): Edge {
  return e.emit('Transpose', [kernel], {
    perm: [spatialAxes + 1, spatialAxes, ...Array.from({ length: spatialAxes }, (_, i) => i)],
  })
}

/** A depthwise kernel [height, width, in, multiplier] as ONNX has it: [in · multiplier, 1, height, width]. */
export function kernelFromHwim(e: Emitter, kernel: Edge, shape: readonly number[]): Edge {
  const spatial = shape.slice(0, -2)
  const axes = spatial.map((_, i) => i)
  const perm = [spatial.length, spatial.length + 1, ...axes]
  return e.emit('Reshape', [
    e.emit('Transpose', [kernel], { perm }),
    e.ints([(shape.at(-2) ?? 0) * (shape.at(-1) ?? 0), 1, ...spatial]),
  ])
}
