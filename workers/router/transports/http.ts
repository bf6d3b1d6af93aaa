import { MeshError } from '#shared/mesh-error.ts'
import { SIGNATURE_HEADER } from '#shared/protocol.ts'
import { signRequest } from '#shared/signed-request.ts'

import { checkPublicUrl } from '../public-url.ts'
import type { Transport } from '../transport.ts'

/** Signed HTTPS to a node anywhere: needs no redeployment of the router. Redirects are never followed. */
export const http: Transport = {
  async call(deployment, { path, headers, body, signal }, env) {
    if (env.SIGNING_KEY === undefined) {
      throw new MeshError(
        'unreachable',
        'this router has no SIGNING_KEY, so it cannot call nodes over http',
      )
    }
    const url = new URL(path, checkPublicUrl(deployment.target, env))
    const signature = await signRequest(
      { method: 'POST', path: url.pathname, body },
      { privateKey: env.SIGNING_KEY, audience: deployment.node },
    )
    const signed = new Headers(headers)
    signed.set(SIGNATURE_HEADER, signature)
    return fetch(url.href, { method: 'POST', headers: signed, body, signal, redirect: 'manual' })
  },
  checkTarget(target, env) {
    checkPublicUrl(target, env)
  },
}
