import type { PutDeployment } from './admin-bodies.ts'
import { versionKey, type Deployment } from '../registry/snapshot.ts'

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
  const { model, id: _, weight, region, cost, leaseSeconds, verify: _verify, ...place } = body
  const state = nextState(known, body)
  return {
    ...place,
    id: deploymentId(body),
    modelId: model,
    // a node that registers itself again must not undo what an operator has set
    weight: weight ?? known?.weight ?? DEFAULT_WEIGHT,
    state,
    stateSince: known?.state === state ? known.stateSince : now,
    removeAt: null,
    region: region ?? known?.region ?? null,
    cost: cost ?? known?.cost ?? null,
    owner: known ? known.owner : owner,
    leaseSeconds: leaseSeconds === undefined ? (known?.leaseSeconds ?? null) : leaseSeconds,
    // it has just shown that it is there
    unreachableSince: null,
  }
}

/** The same in another state; it stays for as long as it has been when it is in it already. */
export function inState(own: Deployment, state: Deployment['state'], now: number): Deployment {
  return own.state === state ? own : { ...own, state, stateSince: now }
}

function nextState(known: Deployment | undefined, body: PutDeployment): Deployment['state'] {
  if (body.state !== undefined) return body.state
  // who comes back while it is being removed begins anew
  const kept = known?.removeAt === null ? known.state : 'warming'
  if (kept === 'draining' || kept === 'disabled') return kept
  // what is registered unasked is believed
  if (body.verify === false) return 'ready'
  return known && isSamePlace(known, body) ? kept : 'warming'
}

/** What was found ready must show it anew elsewhere, and as another version. */
function isSamePlace(known: Deployment, body: PutDeployment): boolean {
  return (
    known.modelId === body.model &&
    known.version === body.version &&
    known.node === body.node &&
    known.transport === body.transport &&
    known.target === body.target
  )
}
