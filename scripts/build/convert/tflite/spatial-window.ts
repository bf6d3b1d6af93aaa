import type { FlatTable } from './flat-table.ts'
import type { OperatorScope } from './operator-scope.ts'
import { PADDINGS } from './schema.ts'

type WindowFields = 'padding' | 'stride_h' | 'stride_w'

/** A window over height and width, as options describe it. */
export interface SpatialWindow {
  strides: readonly [number, number]
  padding: (typeof PADDINGS)[number]
}

export function readWindow(
  op: OperatorScope,
  options: Pick<FlatTable<WindowFields>, 'int8' | 'int32'>,
): SpatialWindow {
  const strides = [options.int32('stride_h'), options.int32('stride_w')] as const
  requirePositive(op, 'strides', strides)
  const padding = PADDINGS[options.int8('padding')]
  if (padding) return { strides, padding }
  throw op.error(`has the padding ${options.int8('padding')}; ${PADDINGS} are 0 and 1`)
}

export function requirePositive(op: OperatorScope, what: string, values: readonly number[]): void {
  if (values.some((value) => value < 1)) throw op.error(`has the ${what} ${values}, below 1`)
}

/** Height and width of a tensor of images. */
export function spatialSize(op: OperatorScope, shape: readonly number[]): [number, number] {
  const [, height, width] = shape
  if (shape.length === 4 && height !== undefined && width !== undefined) return [height, width]
  throw op.error(`works on images, but has a tensor of shape [${shape}]`)
}

/** The elements that SAME adds before and after each axis, VALID none: TensorFlow puts the odd one after. */
export function explicitPadding(
  { strides, padding }: SpatialWindow,
  size: readonly number[],
  kernel: readonly number[],
  dilations: readonly number[] = [1, 1],
): [before: number, after: number][] {
  return size.map((length, i) => {
    const stride = strides[i] ?? 1
    const reach = ((kernel[i] ?? 1) - 1) * (dilations[i] ?? 1) + 1
    const needed = (Math.ceil(length / stride) - 1) * stride + reach - length
    const total = padding === 'SAME' ? Math.max(needed, 0) : 0
    return [total >> 1, total - (total >> 1)]
  })
}
