import type { Constraints } from './constraints.ts'
import type { Deployment } from './snapshot.ts'

/** Answers are wanted near the caller first; the native node catches what the edge can't do. */
const PLACEMENT_ORDER = { edge: 0, native: 1 } as const

/**
 * The deployments that satisfy the constraints, in the order to try them: by placement, then a random
 * order in which a deployment of twice the weight comes first twice as often (Efraimidis and
 * Spirakis, 2006: sort by u^(1/w)). Weight 0 takes no traffic.
 */
export function rankCandidates(
  deployments: readonly Deployment[],
  { placement, model, version }: Pick<Constraints, 'placement' | 'model' | 'version'>,
  random: () => number = Math.random,
): Deployment[] {
  return deployments
    .filter(
      (deployment) =>
        deployment.state === 'ready' &&
        deployment.weight > 0 &&
        (placement === 'any' || deployment.placement === placement) &&
        (model === undefined || deployment.modelId === model) &&
        (version === undefined || deployment.version === version),
    )
    .map((deployment) => ({ deployment, draw: random() ** (1 / deployment.weight) }))
    .sort(
      (a, b) =>
        PLACEMENT_ORDER[a.deployment.placement] - PLACEMENT_ORDER[b.deployment.placement] ||
        b.draw - a.draw,
    )
    .map(({ deployment }) => deployment)
}
