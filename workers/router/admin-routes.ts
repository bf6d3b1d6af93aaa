import { Hono, type Context } from 'hono'
import { z } from 'zod'

import { parseJson } from '#shared/json.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { readBody } from '#shared/read-body.ts'

import { CreateKey, PatchDeployment, PutDeployment, PutModel } from './admin-bodies.ts'
import { hashKey, requireKey } from './authenticate.ts'
import { snapshotOf } from './catalogue-routes.ts'
import type { RouterApp } from './env.ts'
import { RegistryStore, type Audit } from './registry-store.ts'
import { versionKey, type Deployment } from './snapshot.ts'
import { binding } from './transports/binding.ts'
import { http } from './transports/http.ts'

/** A manifest with its examples is the largest thing sent here. */
const MAX_ADMIN_BODY_BYTES = 1024 * 1024
const KEY_BYTES = 32
const MAX_AUDIT_ROWS = 500

const transports = { binding, http }

/** Changes of the registry: each is one batch with its audit entry, seen by this isolate at once. */
export function adminRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()
  app.use(requireKey('admin'))

  app.post('/models', async (c) => {
    const { manifest, artefacts } = await readAdminBody(c, PutModel)
    const key = versionKey(manifest)
    const snapshot = await fresh(c)
    const known = snapshot.models.get(key)
    if (known && !sameJson(known.manifest, manifest)) {
      throw new MeshError(
        'conflict',
        `${key} is registered with another manifest: raise its version`,
      )
    }
    const other = [...snapshot.models.values()].find(
      (model) =>
        model.manifest.id === manifest.id && model.manifest.capability !== manifest.capability,
    )
    if (other) {
      throw new MeshError(
        'conflict',
        `${manifest.id} offers ${other.manifest.capability}; another capability is another model`,
      )
    }
    if (known && sameJson(known.artefacts, artefacts)) return c.json({ model: key, changed: false })
    await change(c, 'put_model', key, (store, audit) => store.putModel(manifest, artefacts, audit))
    return c.json({ model: key, changed: true }, known ? 200 : 201)
  })

  app.delete('/models/:id', async (c) => {
    const id = c.req.param('id')
    const snapshot = await fresh(c)
    if (![...snapshot.models.values()].some(({ manifest }) => manifest.id === id)) {
      throw new MeshError('model_unknown', `there is no model '${id}'`)
    }
    const deployed = snapshot.deployments.filter(({ modelId }) => modelId === id)
    if (deployed.length > 0) {
      throw new MeshError(
        'conflict',
        `${id} has ${deployed.length} deployments: delete ${deployed.map((own) => own.id).join(', ')} first`,
      )
    }
    await change(c, 'delete_model', id, (store, audit) => store.deleteModel(id, audit))
    return c.body(null, 204)
  })

  app.get('/deployments', async (c) => c.json({ deployments: (await fresh(c)).deployments }))

  app.post('/deployments', async (c) => {
    const { model, id, ...body } = await readAdminBody(c, PutDeployment)
    const key = `${model}@${body.version}`
    const snapshot = await fresh(c)
    const entry = snapshot.models.get(key)
    if (!entry)
      throw new MeshError('model_unknown', `${key} is not registered: POST /admin/models first`)
    if (!entry.manifest.placement.includes(body.placement)) {
      throw new MeshError(
        'invalid_request',
        `${key} may run ${entry.manifest.placement.join(' and ')}, not ${body.placement}`,
      )
    }
    transports[body.transport].checkTarget(body.target, c.env)
    const deployment: Deployment = { ...body, id: id ?? `${key}/${body.node}`, modelId: model }
    await putDeployment(c, deployment)
    return c.json(deployment, 201)
  })

  app.patch('/deployments/:id{.+}', async (c) => {
    const patch = await readAdminBody(c, PatchDeployment)
    const deployment = {
      ...requireDeployment(await fresh(c), c.req.param('id')),
      ...definedOnly(patch),
    }
    await putDeployment(c, deployment)
    return c.json(deployment)
  })

  app.delete('/deployments/:id{.+}', async (c) => {
    const { id } = requireDeployment(await fresh(c), c.req.param('id'))
    await change(c, 'delete_deployment', id, (store, audit) => store.deleteDeployment(id, audit))
    return c.body(null, 204)
  })

  app.post('/keys', async (c) => {
    const { name, scopes, expiresInSeconds } = await readAdminBody(c, CreateKey)
    const key = `cap_${base64Url(crypto.getRandomValues(new Uint8Array(KEY_BYTES)))}`
    const id = crypto.randomUUID()
    const expiresAt = expiresInSeconds === undefined ? null : Date.now() + expiresInSeconds * 1000
    const hash = await hashKey(key)
    await change(c, 'create_key', id, (store, audit) =>
      store.addKey({ id, name, hash, scopes, expiresAt }, { ...audit, detail: scopes.join(',') }),
    )
    return c.json({ id, name, scopes, expiresAt, key }, 201)
  })

  app.get('/keys', async (c) => c.json({ keys: await new RegistryStore(c.env).listKeys() }))

  app.delete('/keys/:id', async (c) => {
    const id = c.req.param('id')
    const keys = await new RegistryStore(c.env).listKeys()
    if (!keys.some((key) => key.id === id))
      throw new MeshError('not_found', `there is no key '${id}'`)
    await change(c, 'revoke_key', id, (store, audit) => store.revokeKey(id, audit))
    return c.body(null, 204)
  })

  app.get('/audit', async (c) => {
    const limit = Number(c.req.query('limit') ?? 100)
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_AUDIT_ROWS) {
      throw new MeshError(
        'invalid_request',
        `limit must be a whole number from 1 to ${MAX_AUDIT_ROWS}`,
      )
    }
    return c.json({ audit: await new RegistryStore(c.env).listAudit(limit) })
  })
  return app
}

/** What is stored now, not what this isolate last saw: a change is checked against it. */
function fresh(c: Context<RouterApp>): ReturnType<typeof snapshotOf> {
  return c.get('registry').reload(new RegistryStore(c.env))
}

async function putDeployment(c: Context<RouterApp>, deployment: Deployment): Promise<void> {
  const { id, state, weight, transport } = deployment
  await change(c, 'put_deployment', id, (store, audit) =>
    store.putDeployment(deployment, { ...audit, detail: `${transport} ${state} weight ${weight}` }),
  )
}

async function change(
  c: Context<RouterApp>,
  action: string,
  target: string,
  write: (store: RegistryStore, audit: Audit) => Promise<void>,
): Promise<void> {
  const store = new RegistryStore(c.env)
  await write(store, { actor: c.get('key').id, action, target })
  await c.get('registry').reload(store)
}

async function readAdminBody<T>(c: Context<RouterApp>, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(
    parseJson(await readBody(c.req.raw, MAX_ADMIN_BODY_BYTES, '[admin]')),
  )
  if (parsed.success) return parsed.data
  throw new MeshError('invalid_request', z.prettifyError(parsed.error))
}

function requireDeployment(
  { deployments }: { deployments: readonly Deployment[] },
  id: string,
): Deployment {
  const found = deployments.find((deployment) => deployment.id === id)
  if (found) return found
  throw new MeshError(
    'not_found',
    `there is no deployment '${id}'; GET /admin/deployments lists all`,
  )
}

function definedOnly(patch: PatchDeployment): Partial<Pick<Deployment, 'weight' | 'state'>> {
  return {
    ...(patch.weight === undefined ? {} : { weight: patch.weight }),
    ...(patch.state === undefined ? {} : { state: patch.state }),
  }
}

/** Key order doesn't matter: D1 gives back what was stored, a client may send it in another order. */
function sameJson(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b)
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}
