import type { TensorSpec } from '#shared/manifest.ts'

import type { RegisteredModel } from '../registry/snapshot.ts'

/**
 * The versions that may answer where a request of tensors names none: the newest that is ready, whose
 * tensors are those of the model's metadata, and all others with the very same tensors.
 *
 * @param versions of one model, oldest first
 */
export function answeringVersions(
  versions: readonly RegisteredModel[],
  isReady: (model: RegisteredModel) => boolean,
): readonly RegisteredModel[] {
  const newest = versions.findLast(isReady) ?? versions.at(-1)
  if (!newest) return []
  const form = tensorForm(newest)
  return [newest, ...versions.filter((own) => own !== newest && tensorForm(own) === form)]
}

function tensorForm({ manifest }: RegisteredModel): string {
  return JSON.stringify([manifest.inputs, manifest.outputs].map((specs) => specs.map(formOf)))
}

function formOf({ name, datatype, shape }: TensorSpec): unknown {
  return [name, datatype, shape]
}
