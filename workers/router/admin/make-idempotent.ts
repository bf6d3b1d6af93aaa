import type { Context, MiddlewareHandler } from 'hono'
import { createMiddleware } from 'hono/factory'

import { MeshError } from '#shared/mesh-error.ts'
import { readBody } from '#shared/read-body.ts'
import { sha256, sha256OfParts } from '#shared/sha256.ts'

import { MAX_ADMIN_BODY_BYTES } from './admin-change.ts'
import type { RouterApp } from '../env.ts'
import { RegistryStore } from '../registry/registry-store.ts'

/** For how long a repetition is known as one. */
const REMEMBERED_MS = 24 * 3600 * 1000
/** No change takes so long: what was begun before was cut off. */
const ABANDONED_MS = 60_000
/** A structured-field string (draft-ietf-httpapi-idempotency-key-header), or the bare text that many clients send. */
const KEY = /^(?:"([\x20-\x21\x23-\x5b\x5d-\x7e]{1,128})"|([\x21\x23-\x7e]{1,128}))$/

/**
 * A change that names itself by `idempotency-key` is made once: a repetition is given the answer that the
 * first one had. The same name for another request is refused, and so is a repetition while the first
 * is still being carried out. What failed on our side is forgotten, so that it can be tried again.
 */
export const makeIdempotent: MiddlewareHandler<RouterApp> = createMiddleware<RouterApp>(
  async function answerOnce(c, next) {
    const header = c.req.header('idempotency-key')
    if (header === undefined || c.req.method === 'GET') return next()
    const id = await sha256OfParts([c.get('key').id, parseKey(header)])
    const body = await readBody(c.req.raw, MAX_ADMIN_BODY_BYTES, '[admin]')
    const { pathname, search } = new URL(c.req.url)
    const request = await sha256OfParts([c.req.method, pathname, search, await sha256(body)])
    const store = new RegistryStore(c.env)
    const now = Date.now()
    const stored = await store.claimIdempotencyKey(id, request, {
      forgetBefore: now - REMEMBERED_MS,
      abandonedBefore: now - ABANDONED_MS,
    })
    if (stored) return replay(c, stored, request)
    // the body was consumed for its digest: hand on a request that has it again
    const { method, headers } = c.req.raw
    const again = {
      method,
      headers,
      ...(body.byteLength > 0 ? { body: new Uint8Array(body) } : {}),
    }
    c.req.raw = new Request(c.req.url, again)
    await next()
    await remember(c, store, id)
    return undefined
  },
)

function parseKey(header: string): string {
  const [, quoted, bare] = KEY.exec(header) ?? []
  const key = quoted ?? bare
  if (key !== undefined) return key
  throw new MeshError(
    'invalid_request',
    'idempotency-key must be a quoted text of 1 to 128 printable characters, like "8e03978e"',
  )
}

function replay(
  c: Context<RouterApp>,
  stored: { request: string; status: number | null; body: string | null },
  request: string,
): Response {
  if (stored.request !== request) {
    throw new MeshError(
      'conflict',
      'this idempotency-key was used for another request: give each its own',
    )
  }
  if (stored.status === null) {
    throw new MeshError('conflict', 'the first request with this idempotency-key is still running')
  }
  if (stored.body === null) {
    throw new MeshError(
      'conflict',
      'this change was made already; its answer held a secret, which was shown once',
    )
  }
  c.header('idempotency-replayed', 'true')
  // as: it is a status that was answered before
  const status = stored.status as 200
  if (stored.status === 204) return c.body(null, 204)
  return c.body(stored.body, status, { 'content-type': 'application/json' })
}

async function remember(c: Context<RouterApp>, store: RegistryStore, id: string): Promise<void> {
  const { status, headers } = c.res
  // a refusal changed nothing either: what was wrong may be right later
  if (status >= 400) return store.releaseIdempotencyKey(id)
  const secret = headers.get('cache-control') === 'no-store'
  return store.finishIdempotencyKey(id, status, secret ? null : await c.res.clone().text())
}
