import type { MiddlewareHandler } from 'hono'

import { MeshError } from '#shared/mesh-error.ts'
import { sha256 } from '#shared/sha256.ts'

/** Lets in who shows `token` as its bearer; everybody where there is none. Throws `unauthenticated`. */
export function requireMetricsToken(token: string | undefined): MiddlewareHandler {
  return async function checkToken(c, next) {
    if (token === undefined) return next()
    const [, shown = ''] = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '') ?? []
    // hashes are compared, so the time it takes tells nothing of the token
    if ((await sha256(shown)) === (await sha256(token))) return next()
    c.header('www-authenticate', 'Bearer realm="metrics"')
    throw new MeshError('unauthenticated', 'send METRICS_TOKEN: `Authorization: Bearer <token>`')
  }
}
