import { MAX_DEADLINE_MS } from '#shared/protocol.ts'

import { inState } from './next-deployment.ts'
import { STALE_MS } from '../registry/registry.ts'
import type { Deployment } from '../registry/snapshot.ts'

/** Then no isolate still sends it requests, and the last one it was sent has ended. */
export const DRAIN_MS = STALE_MS + MAX_DEADLINE_MS

/** The deployment without new requests, to be removed when the last are over. */
export function drained(own: Deployment, now: number): Deployment {
  return { ...inState(own, 'draining', now), removeAt: own.removeAt ?? now + DRAIN_MS }
}

/** Whether requests may be on their way to it; an operator that drained it decides that alone. */
export function mustDrain({ state, removeAt }: Deployment, now: number): boolean {
  return removeAt === null ? state === 'ready' : now < removeAt
}
