import type { Deployment } from '../registry/snapshot.ts'
import type { Readiness } from '../transport.ts'

/** Where a node of the mesh says whether it is ready (shared/oip/oip-routes.ts). */
export function readinessPath(
  { modelId, version }: Pick<Deployment, 'modelId' | 'version'>,
  of: Readiness['of'],
): string {
  return of === 'node' ? '/v2/health/ready' : `/v2/models/${modelId}/versions/${version}/ready`
}
