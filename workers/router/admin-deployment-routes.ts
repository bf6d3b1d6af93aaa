import { Hono, type Context } from 'hono'

import { MeshError } from '#shared/mesh-error.ts'
import { isRemote } from '#shared/remote-manifest.ts'

import { PatchDeployment, PutDeployment } from './admin-bodies.ts'
import { change, readAdminBody, sameJson } from './admin-change.ts'
import type { RouterApp } from './env.ts'
import { findDeployment } from './find-deployment.ts'
import { latestSnapshotOf, snapshotOf } from './request-snapshot.ts'
import { versionKey, type Deployment, type Snapshot } from './snapshot.ts'
import { transports } from './transports.ts'
import { PENDING, type Verification } from './verify/verification.ts'
import { VerificationStore } from './verify/verification-store.ts'
import { verifyNow } from './verify/verify-now.ts'

const DEFAULT_WEIGHT = 1

/** `/admin/deployments`: which model version runs on which node, and how much traffic it takes. */
export function adminDeploymentRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()

  app.get('/', async (c) => c.json({ deployments: (await latestSnapshotOf(c)).deployments }))

  app.post('/', async (c) => {
    const {
      model,
      id,
      weight,
      state,
      region,
      cost,
      verify = true,
      ...place
    } = await readAdminBody(c, PutDeployment)
    const key = versionKey({ id: model, version: place.version })
    const snapshot = await latestSnapshotOf(c)
    const entry = snapshot.models.get(key)
    if (!entry) {
      throw new MeshError('model_unknown', `${key} is not registered: POST /admin/models first`)
    }
    if (!entry.manifest.placement.includes(place.placement)) {
      throw new MeshError(
        'invalid_request',
        `${key} may run ${entry.manifest.placement.join(' and ')}, not ${place.placement}`,
      )
    }
    if (isRemote(entry.manifest) && place.transport !== 'oip') {
      throw new MeshError(
        'invalid_request',
        `${key} takes tensors only: its deployments have the transport oip, not ${place.transport}`,
      )
    }
    const transport = transports[place.transport]
    transport.checkTarget(place.target, c.env)
    if (verify) await transport.checkModel?.(place, entry.manifest, c.env)
    const known = findDeployment(snapshot, id ?? `${key}/${place.node}`)
    const deployment: Deployment = {
      ...place,
      id: id ?? `${key}/${place.node}`,
      modelId: model,
      // a node that registers itself again must not undo what an operator has set
      weight: weight ?? known?.weight ?? DEFAULT_WEIGHT,
      state: state ?? known?.state ?? 'ready',
      region: region ?? known?.region ?? null,
      cost: cost ?? known?.cost ?? null,
    }
    const changed = await putIfChanged(c, known, deployment)
    const verification = await verifyUnlessKnown(c, deployment, changed)
    return c.json({ ...deployment, verification }, known ? 200 : 201)
  })

  app.post('/:id{.+}/verify', async (c) => {
    const deployment = requireDeployment(await latestSnapshotOf(c), c.req.param('id'))
    return c.json({ deployment: deployment.id, verification: await verifyNow(c, deployment) })
  })

  app.patch('/:id{.+}', async (c) => {
    const patch = await readAdminBody(c, PatchDeployment)
    const known = requireDeployment(await latestSnapshotOf(c), c.req.param('id'))
    const deployment: Deployment = {
      ...known,
      weight: patch.weight ?? known.weight,
      state: patch.state ?? known.state,
      // null takes it back
      region: patch.region === undefined ? known.region : patch.region,
      cost: patch.cost === undefined ? known.cost : patch.cost,
    }
    await putIfChanged(c, known, deployment)
    return c.json(deployment)
  })

  app.delete('/:id{.+}', async (c) => {
    const { id } = requireDeployment(await latestSnapshotOf(c), c.req.param('id'))
    await change(c, 'delete_deployment', id, (store, audit) => store.deleteDeployment(id, audit))
    return c.body(null, 204)
  })
  return app
}

async function putIfChanged(
  c: Context<RouterApp>,
  known: Deployment | undefined,
  deployment: Deployment,
): Promise<boolean> {
  if (known && sameJson(known, deployment)) return false
  const { id, state, weight, transport } = deployment
  await change(c, 'put_deployment', id, (store, audit) =>
    store.putDeployment(deployment, { ...audit, detail: `${transport} ${state} weight ${weight}` }),
  )
  return true
}

/** What is known of a deployment as it is now, or else is found out: of one that registers again as it was, when it is due. */
async function verifyUnlessKnown(
  c: Context<RouterApp>,
  deployment: Deployment,
  changed: boolean,
): Promise<Verification> {
  const { verifications, policy } = await snapshotOf(c)
  const known = verifications.get(deployment.id) ?? PENDING
  const isSettled = known.state === 'passed' || known.state === 'unverifiable'
  if (isSettled || policy.verification === 'off') return known
  const isDue = await new VerificationStore(c.env).claim(deployment.id, Date.now())
  return changed || isDue ? verifyNow(c, deployment) : known
}

export function requireDeployment(snapshot: Snapshot, id: string): Deployment {
  const found = findDeployment(snapshot, id)
  if (found) return found
  throw new MeshError(
    'not_found',
    `there is no deployment '${id.slice(0, 160)}'; GET /admin/deployments lists all`,
  )
}
