import type { Attributes } from '#scripts/onnx-graph.ts'

/**
 * How a window goes over the spatial axes: SAME keeps ceil(size / stride) with the odd element after,
 * VALID adds nothing, or so many elements before and after each axis.
 */
export type SpatialPadding =
  | 'SAME'
  | 'VALID'
  | readonly (readonly [before: number, after: number])[]

/** The padding as Conv and the pools of ONNX take it. */
export function paddingAttributes(padding: SpatialPadding): Attributes {
  if (padding === 'SAME') return { auto_pad: 'SAME_UPPER' }
  if (padding === 'VALID') return { auto_pad: 'VALID' }
  return {
    pads: [...padding.map(([before]) => before), ...padding.map(([, after]) => after)],
  }
}

/**
 * SAME of a dilated window as numbers, since ONNX Runtime refuses to work it out ("Dilation not supported
 * for AutoPadType::SAME_UPPER"). They don't depend on the input, as such a window goes in steps of one.
 */
export function dilatedSamePadding(
  size: readonly number[],
  dilations: readonly number[],
): SpatialPadding {
  return size.map((length, axis) => {
    const all = (length - 1) * (dilations[axis] ?? 1)
    return [all >> 1, all - (all >> 1)]
  })
}
