import type { ErrorCode } from '#shared/error-codes.ts'

import type { Flight } from './flight.ts'
import { versionKey, type Candidate, type Deployment } from '../registry/snapshot.ts'

/** One call of one deployment, as told in `mesh-route` and in the error when nobody could answer. */
export interface Attempt {
  model: string
  node: string
  placement: Deployment['placement']
  /** A retry follows a failure, a hedge a silence. */
  kind: 'first' | 'retry' | 'hedge'
  /** `cancelled`: another answered first. */
  outcome: 'ok' | 'cancelled' | ErrorCode
  ms: number
  /** Of a version that a rollout tries out, or that the caller pinned past it. */
  rollout?: 'canary' | 'pinned'
}

/** An attempt with what only its trace tells. */
export interface EndedAttempt extends Attempt {
  spanId: string
  /** In ms since the epoch. */
  startedAt: number
}

/** What is told of a call that ended so. */
export function attemptOf(
  { deployment, kind, elapsedMs }: Flight,
  outcome: Attempt['outcome'],
  pinned: boolean,
): Attempt {
  const rollout = rolloutOf(deployment, pinned)
  return {
    model: versionKey({ id: deployment.modelId, version: deployment.version }),
    node: deployment.node,
    placement: deployment.placement,
    kind,
    outcome,
    ms: Math.round(elapsedMs * 100) / 100,
    ...(rollout ? { rollout } : {}),
  }
}

function rolloutOf({ part }: Candidate, pinned: boolean): Attempt['rollout'] {
  if (!part) return undefined
  if (pinned) return 'pinned'
  return part.role === 'candidate' ? 'canary' : undefined
}

/**
 * `mesh-route`: each attempt as `placement/node;model;outcome;ms`, in the order they ended. A hedge says so, and
 * what a rollout tries out or a caller pinned past it.
 */
export function describeRoute(attempts: readonly Attempt[]): string {
  return attempts
    .map(({ placement, node, model, outcome, ms, kind, rollout }) => {
      const told = [`${placement}/${node}`, model, outcome, `${ms}ms`]
      if (kind === 'hedge') told.push(kind)
      if (rollout) told.push(rollout)
      return told.join(';')
    })
    .join(', ')
}
