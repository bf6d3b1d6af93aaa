import type { ElementType } from '#scripts/onnx-graph.ts'
import type { TensorSpec } from '#shared/manifest.ts'

import { BuildError } from '../build-error.ts'

/** Datatypes that converted graphs may take and give. */
const CONVERTED = [
  'FP32',
  'INT32',
  'INT64',
  'UINT8',
  'INT8',
  'BOOL',
] as const satisfies ElementType[]

/** A tensor of the manifest that a converted graph can have. */
export type ConvertedSpec = TensorSpec & { datatype: (typeof CONVERTED)[number] }

/** What the foreign model says of a tensor, as far as it does; -1 is a free dimension. */
export interface ForeignTensor {
  type?: ElementType | undefined
  shape?: readonly number[] | undefined
}

/**
 * The manifest's tensor, when the foreign model's fits: the same datatype, and the same shape but for
 * free dimensions, which the manifest may fix. Throws BuildError that shows both.
 */
export function refuseOtherTensor(
  who: string,
  spec: TensorSpec,
  { type, shape }: ForeignTensor,
): ConvertedSpec {
  const datatype = CONVERTED.find((known) => known === spec.datatype)
  const sameType = datatype !== undefined && (type === undefined || type === datatype)
  const sameShape =
    shape === undefined ||
    (shape.length === spec.shape.length &&
      shape.every((dim, i) => dim === -1 || dim === spec.shape[i]))
  if (sameType && sameShape) return { ...spec, datatype }
  throw new BuildError(
    `${who} the manifest's tensor '${spec.name}' is ${spec.datatype}[${spec.shape}]; ` +
      `the model's is ${type ?? `one of ${CONVERTED.join(', ')}`}[${shape ?? '…'}]`,
  )
}
