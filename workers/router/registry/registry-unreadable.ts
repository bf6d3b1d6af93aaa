import { MeshError } from '#shared/mesh-error.ts'

/** What a read of D1 that failed is told as. */
export function registryUnreadable(cause: unknown): never {
  throw new MeshError('registry_unavailable', 'the registry cannot be read; try again', {
    cause,
    retryAfter: 1,
  })
}
