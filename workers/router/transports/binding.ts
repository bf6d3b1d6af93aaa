import { MeshError } from '#shared/mesh-error.ts'

import type { RouterBindings } from '../env.ts'
import type { Deployment } from '../registry/snapshot.ts'
import type { Transport } from '../transport.ts'
import { readinessPath } from './readiness-path.ts'

/** The binding of a Worker: ID_IN_CAPS. */
const BINDING_NAME = /^[A-Z][A-Z0-9_]{0,63}$/

/** A service binding of the router's own Worker: in-process on Cloudflare, no signature needed. */
export const binding: Transport = {
  async call(deployment, { path, headers, body, signal }, env) {
    return serviceOf(deployment, env).fetch(urlOf(deployment, path), {
      method: 'POST',
      headers,
      body,
      signal,
    })
  },
  async probe(deployment, { of, signal }, env) {
    const url = urlOf(deployment, readinessPath(deployment, of))
    return serviceOf(deployment, env).fetch(url, { method: 'GET', signal })
  },
  checkTarget(target) {
    if (BINDING_NAME.test(target)) return
    throw new MeshError(
      'invalid_request',
      `target '${target}' must be the name of a binding, like SILERO_VAD`,
    )
  },
}

function serviceOf({ target }: Deployment, env: RouterBindings): Service {
  const service: unknown = Reflect.get(env, target)
  if (isService(service)) return service
  throw new MeshError('unreachable', `this router has no binding ${target}`)
}

/** The host is only a label: a binding goes to its Worker whatever it says. */
function urlOf({ node }: Deployment, path: string): string {
  return `https://${node}${path}`
}

interface Service {
  fetch(url: string, init: RequestInit): Promise<Response>
}

function isService(value: unknown): value is Service {
  return (
    typeof value === 'object' &&
    value !== null &&
    'fetch' in value &&
    typeof value.fetch === 'function'
  )
}
