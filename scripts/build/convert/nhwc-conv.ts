import type { Edge } from '#scripts/onnx-graph.ts'

import { withChannelsSecond } from './channels-last.ts'
import type { Emitter } from './emitter.ts'
import { dilatedSamePadding, paddingAttributes, type SpatialPadding } from './spatial-padding.ts'

/** A convolution of a tensor with channels last, along as many axes as `strides` has. */
export interface NhwcConv {
  x: Edge
  /** As ONNX has it: [out, in / groups, …spatial]. */
  kernel: Edge
  /** One value an output channel. */
  bias?: Edge | undefined
  strides: readonly number[]
  /** Along an axis that is dilated the stride must be 1, as TensorFlow has it. */
  dilations?: readonly number[] | undefined
  /** SAME of a dilated window needs `kernelSize`. */
  padding: SpatialPadding
  kernelSize?: readonly number[] | undefined
  groups?: number | undefined
}

export function nhwcConv(e: Emitter, conv: NhwcConv): Edge {
  const { x, kernel, bias, strides, dilations, groups = 1 } = conv
  const padding = paddingOf(conv)
  return withChannelsSecond(e, x, strides.length, (inside) =>
    e.emit('Conv', [inside, kernel, ...(bias === undefined ? [] : [bias])], {
      strides,
      group: groups,
      ...(dilations ? { dilations } : {}),
      ...paddingAttributes(padding),
    }),
  )
}

function paddingOf({ padding, dilations, kernelSize }: NhwcConv): SpatialPadding {
  if (padding !== 'SAME' || !dilations?.some((rate) => rate !== 1)) return padding
  if (kernelSize) return dilatedSamePadding(kernelSize, dilations)
  throw new Error('a dilated convolution with SAME padding needs the size of its kernel')
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
