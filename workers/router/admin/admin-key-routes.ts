import { Hono } from 'hono'

import { MeshError } from '#shared/mesh-error.ts'

import { CreateKey } from './admin-bodies.ts'
import { change, readAdminBody } from './admin-change.ts'
import { hashKey } from '../authenticate.ts'
import type { RouterApp } from '../env.ts'
import { RegistryStore } from '../registry/registry-store.ts'

const KEY_BYTES = 32

/** `/admin/keys`: a key is shown once, when it is made; the registry keeps only its hash. */
export function adminKeyRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()

  app.post('/', async (c) => {
    const { name, scopes, expiresInSeconds } = await readAdminBody(c, CreateKey)
    const key = `cap_${base64Url(crypto.getRandomValues(new Uint8Array(KEY_BYTES)))}`
    const id = crypto.randomUUID()
    const expiresAt = expiresInSeconds === undefined ? null : Date.now() + expiresInSeconds * 1000
    const hash = await hashKey(key)
    await change(c, 'create_key', id, (store, audit) =>
      store.addKey({ id, name, hash, scopes, expiresAt }, { ...audit, detail: scopes.join(',') }),
    )
    c.header('cache-control', 'no-store')
    return c.json({ id, name, scopes, expiresAt, key }, 201)
  })

  app.get('/', async (c) => c.json({ keys: await new RegistryStore(c.env).listKeys() }))

  app.delete('/:id', async (c) => {
    const id = c.req.param('id')
    const key = await new RegistryStore(c.env).findKey(id)
    if (!key) throw new MeshError('not_found', `there is no key '${id.slice(0, 64)}'`)
    // the first revocation is the one that counts
    if (key.revokedAt === null) {
      await change(c, 'revoke_key', id, (store, audit) => store.revokeKey(id, audit))
    }
    return c.body(null, 204)
  })
  return app
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}
