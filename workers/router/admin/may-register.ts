import { MeshError } from '#shared/mesh-error.ts'

import type { PutDeployment } from './admin-bodies.ts'
import type { ApiKey, Deployment, Snapshot } from '../registry/snapshot.ts'

/** Of one key of the scope register. */
const MAX_OWN_DEPLOYMENTS = 1_000
/** What an operator decides: callers trust a region with their inputs, and what costs nothing draws them. An id of its own could be another's; its default names the node. */
const FOR_ADMINS = ['id', 'weight', 'state', 'region', 'cost', 'verify'] as const

/** An admin key may change all, a key of the scope register what it has registered itself. */
export function mayChange({ id, scopes }: ApiKey, { owner }: Pick<Deployment, 'owner'>): boolean {
  return scopes.includes('admin') || owner === id
}

export function requireMayChange(key: ApiKey, own: Pick<Deployment, 'id' | 'owner'>): void {
  if (mayChange(key, own)) return
  throw new MeshError(
    'forbidden',
    `${own.id} was registered with another key; this one may change only what it registered itself`,
  )
}

/** Holds a key of the scope register to deployments that are its own, of nodes that are nobody else's. Throws `forbidden`. */
export function requireMayRegister(
  key: ApiKey,
  body: PutDeployment,
  known: Deployment | undefined,
  { deployments }: Pick<Snapshot, 'deployments'>,
): void {
  if (key.scopes.includes('admin')) return
  const reserved = FOR_ADMINS.filter((field) => body[field] !== undefined)
  if (reserved.length > 0) throw refused(`not set ${reserved.join(', ')}: that needs admin`)
  if (body.transport === 'binding') throw refused("not use the router's bindings: that needs admin")
  if (typeof body.leaseSeconds !== 'number') {
    throw refused('only register with leaseSeconds, so that what it leaves behind is forgotten')
  }
  if (known) requireMayChange(key, known)
  // the router signs for a node by its name: who took another's could use what is signed for that one
  const others = deployments.find((own) => own.node === body.node && own.owner !== key.id)
  if (others) throw refused(`not register the node '${body.node}', which another key has`)
  const count = deployments.filter(({ owner }) => owner === key.id).length
  if (!known && count >= MAX_OWN_DEPLOYMENTS) {
    throw refused(`have ${MAX_OWN_DEPLOYMENTS} deployments and has them`)
  }
}

function refused(rule: string): MeshError {
  return new MeshError('forbidden', `a key of the scope register may ${rule}`)
}
