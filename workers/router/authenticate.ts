import type { Context, MiddlewareHandler } from 'hono'

import { MeshError } from '#shared/mesh-error.ts'
import { sha256 } from '#shared/sha256.ts'

import type { RouterApp } from './env.ts'
import { limitLoad } from './limit-load.ts'
import { limitRate } from './limit-rate.ts'
import { recheckedSnapshotOf, snapshotOf } from './registry/request-snapshot.ts'
import type { Scope } from './scope.ts'
import type { ApiKey } from './registry/snapshot.ts'

const BEARER = /^Bearer +([\w-]{16,128})$/i

/** The key that a secret of the Worker names, so that an empty registry can be filled. */
const ROOT_KEY: ApiKey = { id: 'root', scopes: ['admin'], expiresAt: null, revokedAt: null }

/** Lets in who shows a live API key with one of the scopes; any live key when none is named. Throws `unauthenticated` or `forbidden`, of inferences also `shed` and `rate_limited`. */
export function requireKey(...scopes: readonly Scope[]): MiddlewareHandler<RouterApp> {
  const isInference = scopes.includes('infer')
  return async function authenticate(c, next) {
    const enter = async () => {
      const key = await admit(c, scopes)
      if (isInference) await limitRate(c, key)
      return next()
    }
    return isInference ? limitLoad(c, enter) : enter()
  }
}

async function admit(c: Context<RouterApp>, scopes: readonly Scope[]): Promise<ApiKey> {
  const told = c.get('told')
  told.set('www-authenticate', 'Bearer realm="capillary"')
  const key = await findKey(c)
  if (scopes.length > 0 && !scopes.some((scope) => key.scopes.includes(scope))) {
    throw new MeshError(
      'forbidden',
      `this key has the scopes ${key.scopes.join(', ')}; this address needs ${scopes.join(' or ')}`,
    )
  }
  told.delete('www-authenticate')
  c.set('key', key)
  return key
}

async function findKey(c: Context<RouterApp>): Promise<ApiKey> {
  const header = c.req.header('authorization')
  if (header === undefined) {
    throw new MeshError('unauthenticated', 'send an API key: `Authorization: Bearer <key>`')
  }
  const token = BEARER.exec(header)?.[1]
  if (token === undefined) {
    throw new MeshError(
      'unauthenticated',
      'the authorization header must be `Bearer <key>`; a key has 16 to 128 letters, digits, - and _',
    )
  }
  const hash = await hashKey(token)
  // hashes are compared, so the time it takes tells nothing of the key
  if (c.env.ADMIN_KEY !== undefined && hash === (await hashRootKey(c.env.ADMIN_KEY)))
    return ROOT_KEY

  const key = (await snapshotOf(c)).keys.get(hash) ?? (await recheckedSnapshotOf(c)).keys.get(hash)
  if (!key) throw new MeshError('unauthenticated', 'this API key is not known')
  if (key.revokedAt !== null) throw new MeshError('unauthenticated', 'this API key was revoked')
  if (key.expiresAt !== null && key.expiresAt <= Date.now()) {
    throw new MeshError(
      'unauthenticated',
      `this API key expired at ${new Date(key.expiresAt).toISOString()}`,
    )
  }
  return key
}

/** The secret stays the same for as long as an isolate lives; it is hashed once. */
let knownRoot: { secret: string; hash: string } | undefined

async function hashRootKey(secret: string): Promise<string> {
  if (knownRoot?.secret !== secret) knownRoot = { secret, hash: await hashKey(secret) }
  return knownRoot.hash
}

/** SHA-256 in hex. Keys are 32 random bytes, so a slow hash would add nothing. */
export function hashKey(key: string): Promise<string> {
  return sha256(key)
}
