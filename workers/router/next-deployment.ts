import type { PutDeployment } from './admin-bodies.ts'
import { sameJson } from './admin-change.ts'
import { versionKey, type Deployment } from './snapshot.ts'

const DEFAULT_WEIGHT = 1

/** `<model>@<version>/<node>` unless it is named otherwise, so that registering twice is the same as once. */
export function deploymentId({ id, model, version, node }: PutDeployment): string {
  return id ?? `${versionKey({ id: model, version })}/${node}`
}

/** What is stored once a deployment was registered, by itself or by an operator; `warming` where it must show first that it is ready. */
export function nextDeployment(
  known: Deployment | undefined,
  body: PutDeployment,
  { owner, now }: { owner: string; now: number },
): Deployment {
  const { model, id: _, weight, state, region, cost, leaseSeconds, verify: _v, ...place } = body
  const next: Deployment = {
    ...place,
    id: deploymentId(body),
    modelId: model,
    // a node that registers itself again must not undo what an operator has set
    weight: weight ?? known?.weight ?? DEFAULT_WEIGHT,
    state: known?.state ?? 'warming',
    stateSince: known?.stateSince ?? now,
    removeAt: null,
    region: region ?? known?.region ?? null,
    cost: cost ?? known?.cost ?? null,
    owner: known ? known.owner : owner,
    leaseSeconds: leaseSeconds === undefined ? (known?.leaseSeconds ?? null) : leaseSeconds,
    // it has just shown that it is there
    unreachableSince: null,
  }
  if (state !== undefined) return inState(next, state, now)
  const isBack = known !== undefined && known.removeAt !== null
  const hasMoved = known?.state === 'ready' && !sameJson(placeOf(known), placeOf(next))
  return isBack || hasMoved ? inState(next, 'warming', now) : next
}

/** The same in another state; it stays for as long as it has been when it is in it already. */
export function inState(own: Deployment, state: Deployment['state'], now: number): Deployment {
  return own.state === state ? own : { ...own, state, stateSince: now }
}

/** What was found ready: elsewhere, or as another version, it must show that anew. */
function placeOf({ modelId, version, node, transport, target }: Deployment): unknown {
  return { modelId, version, node, transport, target }
}
