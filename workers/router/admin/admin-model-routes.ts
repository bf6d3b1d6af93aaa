import { Hono } from 'hono'

import { MeshError } from '#shared/mesh-error.ts'

import { PutModel } from './admin-bodies.ts'
import { change, readAdminBody, sameJson } from './admin-change.ts'
import type { RouterApp } from '../env.ts'
import { latestSnapshotOf } from '../registry/request-snapshot.ts'
import { versionKey, type RegisteredModel, type Snapshot } from '../registry/snapshot.ts'

/** `/admin/models`: a version of a model never changes; what changes gets another version. */
export function adminModelRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()

  app.post('/', async (c) => {
    const { manifest, artefacts } = await readAdminBody(c, PutModel)
    const key = versionKey(manifest)
    const snapshot = await latestSnapshotOf(c)
    const known = snapshot.models.get(key)
    if (known && !sameJson(known.manifest, manifest)) {
      throw new MeshError(
        'conflict',
        `${key} is registered with another manifest: raise its version`,
      )
    }
    const other = snapshot.versions
      .get(manifest.id)
      ?.find((version) => version.manifest.capability !== manifest.capability)
    if (other) {
      throw new MeshError(
        'conflict',
        `${manifest.id} offers ${other.manifest.capability}; another capability is another model`,
      )
    }
    if (known && sameJson(known.artefacts, artefacts)) return c.json({ model: key, changed: false })
    await change(c, 'put_model', key, (store, audit) =>
      known
        ? store.setArtefacts(manifest, artefacts, audit)
        : store.addModelVersion(manifest, artefacts, audit),
    )
    return c.json({ model: key, changed: true }, known ? 200 : 201)
  })

  app.get('/:id', async (c) => {
    const id = c.req.param('id')
    return c.json({ id, versions: requireVersions(await latestSnapshotOf(c), id) })
  })

  app.delete('/:id', async (c) => {
    const id = c.req.param('id')
    const snapshot = await latestSnapshotOf(c)
    const deployed = requireVersions(snapshot, id).flatMap(
      ({ manifest }) => snapshot.deploymentsOf.get(versionKey(manifest)) ?? [],
    )
    if (deployed.length > 0) {
      throw new MeshError(
        'conflict',
        `${id} has ${deployed.length} deployments: delete ${deployed.map((own) => own.id).join(', ')} first`,
      )
    }
    await change(c, 'delete_model', id, (store, audit) => store.deleteModel(id, audit))
    return c.body(null, 204)
  })
  return app
}

function requireVersions({ versions }: Snapshot, id: string): readonly RegisteredModel[] {
  const found = versions.get(id)
  if (found) return found
  throw new MeshError('model_unknown', `there is no model '${id.slice(0, 48)}'`)
}
