import type { Edge } from '#scripts/onnx-graph.ts'

import { withChannelsSecond } from './channels-last.ts'
import type { Emitter } from './emitter.ts'

export interface NhwcResize {
  x: Edge
  /** Height and width as INT64[2]; or by which factors to scale them. */
  to: { sizes: Edge } | { scales: readonly [number, number] }
  method: 'nearest' | 'linear'
  alignCorners?: boolean | undefined
  halfPixelCenters?: boolean | undefined
}

/** Resizes height and width as TensorFlow does. */
export function nhwcResize(e: Emitter, resize: NhwcResize): Edge {
  const { x, to, method, alignCorners = false, halfPixelCenters = false } = resize
  const transformation = alignCorners
    ? 'align_corners'
    : halfPixelCenters
      ? 'half_pixel'
      : 'asymmetric'
  // TensorFlow's nearest takes floor((i + 0.5) · scale) at half pixels and rounds when corners align
  const nearest = alignCorners || halfPixelCenters ? 'round_prefer_ceil' : 'floor'
  return withChannelsSecond(e, x, 2, (inside) =>
    e.emit('Resize', [inside, '', ...('scales' in to ? [e.floats(to.scales)] : ['', to.sizes])], {
      axes: [2, 3],
      mode: method,
      coordinate_transformation_mode: transformation,
      ...(method === 'nearest' ? { nearest_mode: nearest } : {}),
    }),
  )
}
