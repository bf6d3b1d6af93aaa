import type { Context, Env, MiddlewareHandler } from 'hono'

import { MeshError } from './mesh-error.ts'
import { MAX_BODY_BYTES, SIGNATURE_HEADER } from './protocol.ts'
import { readBody } from './read-body.ts'
import { ReplayWindow } from './replay-window.ts'
import { verifySignature } from './signed-request.ts'

export interface RequireRouterOptions<E extends Env> {
  /** This node's id, which the signature must name. */
  audience: string
  /** The router's public key as JWK JSON; without one the node trusts whoever can reach it. */
  publicKey(c: Context<E>): string | undefined
  /** Whether the transport itself proves that the router calls. */
  trusted(c: Context<E>): boolean
}

/** Lets only the mesh's router in, by its transport or by its signature. Throws `unauthenticated`. */
export function requireRouter<E extends Env>(
  options: RequireRouterOptions<E>,
): MiddlewareHandler<E> {
  // of this process, or of this isolate of a Worker
  const seen = new ReplayWindow()
  return async function verifyRouter(c, next) {
    const publicKey = options.publicKey(c)
    if (publicKey === undefined || options.trusted(c)) return next()

    const signature = c.req.header(SIGNATURE_HEADER)
    if (signature === undefined) {
      throw new MeshError(
        'unauthenticated',
        `this node answers only its router: the header ${SIGNATURE_HEADER} is missing`,
      )
    }
    const body = await verifySignature(
      {
        signature,
        method: c.req.method,
        path: c.req.path,
        readBody: () => readBody(c.req.raw, MAX_BODY_BYTES, `[${options.audience}]`),
      },
      { publicKey, audience: options.audience, seen },
    )
    // the body was consumed to check its digest: hand on a request that has it again
    if (c.req.raw.body !== null) {
      c.req.raw = new Request(c.req.url, { method: c.req.method, headers: c.req.raw.headers, body })
    }
    return next()
  }
}

/** Whether a service binding of the router calls: its `props` reach the context, and no outside request can set them. */
export function calledByBinding(ctx: object): boolean {
  if (!('props' in ctx)) return false
  const { props } = ctx
  return (
    typeof props === 'object' && props !== null && 'caller' in props && props.caller === 'router'
  )
}
