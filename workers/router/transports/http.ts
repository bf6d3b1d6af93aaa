import { MeshError } from '#shared/mesh-error.ts'
import { SIGNATURE_HEADER } from '#shared/protocol.ts'
import { signRequest, type SignedParts } from '#shared/signed-request.ts'

import type { TransportSecrets } from '../env.ts'
import { checkPublicUrl } from '../public-url.ts'
import type { Deployment } from '../registry/snapshot.ts'
import type { Transport } from '../transport.ts'
import { readinessPath } from './readiness-path.ts'

/** Signed HTTPS to a node anywhere: needs no redeployment of the router. Redirects are never followed. */
export const http: Transport = {
  async call(deployment, { path, headers, body, signal }, env) {
    const url = new URL(path, checkPublicUrl(deployment.target, env))
    const parts = { method: 'POST', path: url.pathname, body }
    const signed = { ...headers, [SIGNATURE_HEADER]: await sign(deployment, parts, env) }
    return fetch(url.href, { method: 'POST', headers: signed, body, signal, redirect: 'manual' })
  },
  async probe(deployment, { of, signal }, env) {
    const url = new URL(readinessPath(deployment, of), checkPublicUrl(deployment.target, env))
    const parts = { method: 'GET', path: url.pathname, body: new Uint8Array() }
    const headers = { [SIGNATURE_HEADER]: await sign(deployment, parts, env) }
    return fetch(url.href, { headers, signal, redirect: 'manual' })
  },
  checkTarget(target, env) {
    checkPublicUrl(target, env)
  },
}

async function sign(
  { node }: Deployment,
  parts: SignedParts,
  { SIGNING_KEY }: TransportSecrets,
): Promise<string> {
  if (SIGNING_KEY === undefined) {
    throw new MeshError(
      'unreachable',
      'this router has no SIGNING_KEY, so it cannot call nodes over http',
    )
  }
  return signRequest(parts, { privateKey: SIGNING_KEY, audience: node })
}
