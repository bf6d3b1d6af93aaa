import { producedTypes } from '#shared/media-answer.ts'

import { isFresh, NOTHING_MEASURED } from '../matching/measured.ts'
import type { SeenRollout } from '../rollout/rollout-store.ts'
import { cardRollout } from '../rollout/show-rollout.ts'
import {
  versionKey,
  type Deployment,
  type RegisteredModel,
  type Snapshot,
} from '../registry/snapshot.ts'
import { PENDING } from '../verify/verification.ts'

/**
 * What is published of a model: facts, the owner's claims as claims, beside them what was measured, and where it runs.
 *
 * @param seen of the model's rollouts, where it is at hand
 */
export function card(
  model: RegisteredModel,
  snapshot: Snapshot,
  seen: readonly SeenRollout[] = [],
): object {
  const now = Date.now()
  const { manifest, artefacts } = model
  const {
    id,
    version,
    title,
    description,
    capability,
    license,
    inputs,
    outputs,
    accepts,
    limits,
    claims,
  } = manifest
  const offer = snapshot.offersOfModel.get(id)?.find((own) => own.model === model)
  const { rows, contradicted } = offer?.measured ?? NOTHING_MEASURED
  const { measurementsLastMs } = snapshot.policy
  const rollout = cardRollout(snapshot, manifest, seen)
  const deployments = snapshot.deploymentsOf.get(versionKey(manifest)) ?? []
  return {
    id,
    version,
    title,
    description,
    capability,
    license,
    accepts,
    limits,
    inputs,
    outputs,
    produces: producedTypes(manifest),
    ...(manifest.labels ? { labels: manifest.labels } : {}),
    claims,
    measured: Array.from(rows, ({ deploymentId, ...row }) => ({
      deployment: deploymentId,
      ...row,
      expired: !isFresh(row, now, measurementsLastMs),
    })),
    contradicted: contradicted.filter((own) => isFresh(own, now, measurementsLastMs)),
    artefacts,
    ...(rollout ? { rollout } : {}),
    deployments: Array.from(deployments, (own) => ({
      ...shown(own),
      verification: snapshot.verifications.get(own.id) ?? PENDING,
    })),
  }
}

/** Targets stay inside: callers name a capability, not a machine. So do the keys of their owners. */
export function shown({
  target: _,
  owner: _owner,
  ...deployment
}: Deployment): Omit<Deployment, 'target' | 'owner'> {
  return deployment
}
