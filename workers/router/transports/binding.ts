import { MeshError } from '#shared/mesh-error.ts'

import type { Transport } from '../transport.ts'

/** The binding of a Worker: ID_IN_CAPS. */
const BINDING_NAME = /^[A-Z][A-Z0-9_]{0,63}$/

/** A service binding of the router's own Worker: in-process on Cloudflare, no signature needed. */
export const binding: Transport = {
  async call(deployment, { path, headers, body, signal }, env) {
    const service: unknown = Reflect.get(env, deployment.target)
    if (!isService(service)) {
      throw new MeshError('unreachable', `this router has no binding ${deployment.target}`)
    }
    // the host is only a label: a binding goes to its Worker whatever it says
    const url = `https://${deployment.node}${path}`
    return service.fetch(url, { method: 'POST', headers, body, signal })
  },
  checkTarget(target) {
    if (BINDING_NAME.test(target)) return
    throw new MeshError(
      'invalid_request',
      `target '${target}' must be the name of a binding, like SILERO_VAD`,
    )
  },
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
