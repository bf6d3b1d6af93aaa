import { Hono, type Context } from 'hono'

import { MeshError } from '#shared/mesh-error.ts'
import { isRemote } from '#shared/remote-manifest.ts'

import { PatchDeployment, PutDeployment } from './admin-bodies.ts'
import { change, readAdminBody, sameJson } from './admin-change.ts'
import { drained, mustDrain } from './drain-deployment.ts'
import type { RouterApp } from '../env.ts'
import { findDeployment } from '../registry/find-deployment.ts'
import { LeaseStore } from '../leases/lease-store.ts'
import { mayChange, requireMayChange, requireMayRegister } from './may-register.ts'
import { deploymentId, inState, nextDeployment } from './next-deployment.ts'
import { keepWarming, warmUp } from '../probe/warm-up.ts'
import { latestSnapshotOf, snapshotOf } from '../registry/request-snapshot.ts'
import {
  versionKey,
  type Deployment,
  type RegisteredModel,
  type Snapshot,
} from '../registry/snapshot.ts'
import { transports } from '../transports.ts'
import { PENDING, type Verification } from '../verify/verification.ts'
import { VerificationStore } from '../verify/verification-store.ts'
import { verifyNow } from '../verify/verify-now.ts'

/**
 * `/admin/deployments`: which model version runs on which node, and how much traffic it takes. Nodes may register,
 * see and remove their own (admin-routes.ts).
 */
export function adminDeploymentRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()

  app.get('/', async (c) => {
    const { deployments } = await latestSnapshotOf(c)
    return c.json({ deployments: deployments.filter((own) => mayChange(c.get('key'), own)) })
  })

  app.post('/', async (c) => {
    const body = await readAdminBody(c, PutDeployment)
    const snapshot = await latestSnapshotOf(c)
    const { manifest } = requirePlace(snapshot, body)
    const { known, next } = placed(c, snapshot, body)
    const transport = transports[body.transport]
    transport.checkTarget(body.target, c.env)
    if (body.verify !== false) await transport.checkModel?.(body, manifest, c.env)
    if (next.state === 'warming') return registerWarm(c, next, body)
    const verification = await register(c, known, next)
    return c.json({ ...next, verification }, known ? 200 : 201)
  })

  app.patch('/:id{.+}', async (c) => {
    const patch = await readAdminBody(c, PatchDeployment)
    const known = requireDeployment(await latestSnapshotOf(c), c.req.param('id'))
    const { state = known.state } = patch
    const deployment: Deployment = {
      ...inState(known, state, Date.now()),
      // a state that is set takes a removal back
      removeAt: patch.state === undefined ? known.removeAt : null,
      weight: patch.weight ?? known.weight,
      // null takes it back
      region: patch.region === undefined ? known.region : patch.region,
      cost: patch.cost === undefined ? known.cost : patch.cost,
    }
    return c.json(await alter(c, known, deployment))
  })

  app.delete('/:id{.+}', async (c) => {
    const known = requireDeployment(await latestSnapshotOf(c), c.req.param('id'))
    requireMayChange(c.get('key'), known)
    const now = Date.now()
    if (mustDrain(known, now) && !asksForNow(c)) {
      return c.json(await alter(c, known, drained(known, now)), 202)
    }
    await change(c, 'delete_deployment', known.id, (store, audit) =>
      store.deleteDeployment(known.id, audit),
    )
    return c.body(null, 204)
  })
  return app
}

/** What is known of a deployment and what is to be stored of it. Throws `forbidden` where that isn't the key's to decide. */
function placed(
  c: Context<RouterApp>,
  snapshot: Snapshot,
  body: PutDeployment,
): { known: Deployment | undefined; next: Deployment } {
  const key = c.get('key')
  const known = findDeployment(snapshot, deploymentId(body))
  requireMayRegister(key, body, known, snapshot)
  return { known, next: nextDeployment(known, body, { owner: key.id, now: Date.now() }) }
}

/** Registers it as ready when it says so, else as what is warming. */
async function registerWarm(
  c: Context<RouterApp>,
  own: Deployment,
  body: PutDeployment,
): Promise<Response> {
  const missing = await warmUp(c, own)
  // that took its time: what was changed meanwhile stays so
  const { known, next } = placed(c, await latestSnapshotOf(c), body)
  const isWarm = next.state === 'warming' && missing === undefined
  const deployment = isWarm ? inState(next, 'ready', Date.now()) : next
  const verification = await register(c, known, deployment)
  if (deployment.state === 'warming') keepWarming(c, deployment)
  const told = deployment.state === 'warming' ? { ...deployment, missing } : deployment
  return c.json({ ...told, verification }, known ? 200 : 201)
}

/** The model that would run there. Throws `model_unknown`, or `invalid_request` where it can't. */
function requirePlace(
  { models }: Snapshot,
  { model, version, placement, transport }: PutDeployment,
): RegisteredModel {
  const key = versionKey({ id: model, version })
  const entry = models.get(key)
  if (!entry) {
    throw new MeshError('model_unknown', `${key} is not registered: POST /admin/models first`)
  }
  if (!entry.manifest.placement.includes(placement)) {
    throw new MeshError(
      'invalid_request',
      `${key} may run ${entry.manifest.placement.join(' and ')}, not ${placement}`,
    )
  }
  if (isRemote(entry.manifest) && transport !== 'oip') {
    throw new MeshError(
      'invalid_request',
      `${key} takes tensors only: its deployments have the transport oip, not ${transport}`,
    )
  }
  return entry
}

/** Stores what is new of it, renews its lease, and tells whether it does what its card says. */
async function register(
  c: Context<RouterApp>,
  known: Deployment | undefined,
  deployment: Deployment,
): Promise<Verification> {
  const changed = !known || !sameJson(known, deployment)
  if (changed) await put(c, deployment)
  else if (deployment.leaseSeconds !== null) await new LeaseStore(c.env).renew([known.id], null)
  return verifyUnlessKnown(c, deployment, changed)
}

/**
 * What is known of a deployment as it is now, or else is found out: of one that registers again as it was, when it
 * is due. One that isn't ready is left to the cron trigger.
 */
async function verifyUnlessKnown(
  c: Context<RouterApp>,
  deployment: Deployment,
  changed: boolean,
): Promise<Verification> {
  const { verifications, policy } = await snapshotOf(c)
  const known = verifications.get(deployment.id) ?? PENDING
  const isSettled = known.state === 'passed' || known.state === 'unverifiable'
  const isReady = deployment.state === 'ready'
  if (isSettled || !isReady || policy.verification === 'off') return known
  const isDue = await new VerificationStore(c.env).claim(deployment.id, Date.now())
  return changed || isDue ? verifyNow(c, deployment) : known
}

function put(c: Context<RouterApp>, deployment: Deployment): Promise<void> {
  return change(c, 'put_deployment', deployment.id, (store, audit) =>
    store.putDeployment(deployment, { ...audit, detail: detailOf(deployment) }),
  )
}

/** Stores what is other of it, and nothing else: the rest may have been changed by another meanwhile. As it is then. */
async function alter(
  c: Context<RouterApp>,
  known: Deployment,
  next: Deployment,
): Promise<Deployment> {
  if (sameJson(known, next)) return known
  const before = new Map<string, unknown>(Object.entries(known))
  const changes: Partial<Deployment> = Object.fromEntries(
    Object.entries(next).filter(([field, value]) => before.get(field) !== value),
  )
  await change(c, 'put_deployment', known.id, (store, audit) =>
    store.changeDeployment(known.id, changes, { ...audit, detail: detailOf(next) }),
  )
  const now = findDeployment(await snapshotOf(c), known.id)
  if (now) return now
  throw new MeshError('conflict', `${known.id} was removed by another meanwhile`)
}

function detailOf({ transport, state, weight }: Deployment): string {
  return `${transport} ${state} weight ${weight}`
}

function asksForNow(c: Context): boolean {
  const now = c.req.query('now')
  if (now === undefined || now === 'true') return now === 'true'
  throw new MeshError('invalid_request', `now is '${now.slice(0, 32)}'; it can only be true`)
}

export function requireDeployment(snapshot: Snapshot, id: string): Deployment {
  const found = findDeployment(snapshot, id)
  if (found) return found
  throw new MeshError(
    'not_found',
    `there is no deployment '${id.slice(0, 160)}'; GET /admin/deployments lists all`,
  )
}
