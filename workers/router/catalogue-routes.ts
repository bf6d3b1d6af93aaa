import { Hono, type Context } from 'hono'

import { MeshError } from '#shared/mesh-error.ts'

import { requireKey } from './authenticate.ts'
import type { RouterApp } from './env.ts'
import { nearest } from './nearest.ts'
import { RegistryStore } from './registry-store.ts'
import { versionKey, type Deployment, type ModelEntry, type Snapshot } from './snapshot.ts'

/** What the mesh offers, read from the snapshot: capabilities, models, topology. */
export function catalogueRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()
  for (const path of ['/capabilities', '/models', '/models/*', '/topology'])
    app.use(path, requireKey())

  app.get('/capabilities', async (c) => {
    const snapshot = await snapshotOf(c)
    const capabilities = Array.from(snapshot.candidates, ([id, deployments]) => ({
      id,
      models: modelsOf(snapshot, id).map(({ manifest }) => manifest.id),
      accepts: [...new Set(modelsOf(snapshot, id).flatMap(({ manifest }) => manifest.accepts))],
      ready: deployments.length,
    }))
    return c.json({ capabilities })
  })

  app.get('/models', async (c) => {
    const snapshot = await snapshotOf(c)
    return c.json({
      models: Array.from(snapshot.models.values(), (model) => card(model, snapshot)),
    })
  })

  app.get('/models/:id', async (c) => {
    const snapshot = await snapshotOf(c)
    const id = c.req.param('id')
    const versions = Array.from(snapshot.models.values()).filter(
      ({ manifest }) => manifest.id === id,
    )
    if (versions.length > 0) {
      return c.json({ id, versions: versions.map((model) => card(model, snapshot)) })
    }
    const known = Array.from(snapshot.models.values(), ({ manifest }) => manifest.id)
    throw new MeshError(
      'model_unknown',
      `there is no model '${id.slice(0, 48)}'; GET /models lists all`,
      {
        extensions: { nearest: nearest(id, known) },
      },
    )
  })

  app.get('/topology', async (c) => {
    const { deployments, version } = await snapshotOf(c)
    const nodes = Map.groupBy(deployments, ({ node }) => node)
    return c.json({
      registryVersion: version,
      nodes: Array.from(nodes, ([id, own]) => ({ id, deployments: own.map(shown) })),
    })
  })
  return app
}

/** The snapshot for this request. */
export function snapshotOf(c: Context<RouterApp>): Promise<Snapshot> {
  return c
    .get('registry')
    .current(new RegistryStore(c.env), (work) => c.executionCtx.waitUntil(work))
}

function modelsOf(snapshot: Snapshot, capability: string): ModelEntry[] {
  return Array.from(snapshot.models.values()).filter(
    ({ manifest }) => manifest.capability === capability,
  )
}

/** What is published of a model: facts, the owner's claims as claims, and where it runs. */
function card({ manifest, artefacts }: ModelEntry, { deployments }: Snapshot): unknown {
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
  const key = versionKey(manifest)
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
    ...(manifest.labels ? { labels: manifest.labels } : {}),
    claims,
    artefacts,
    deployments: deployments.filter((own) => `${own.modelId}@${own.version}` === key).map(shown),
  }
}

/** Targets stay inside: callers name a capability, not a machine. */
function shown({ target: _, ...deployment }: Deployment): Omit<Deployment, 'target'> {
  return deployment
}
