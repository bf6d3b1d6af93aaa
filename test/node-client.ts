import { signRequest } from '#shared/signed-request.ts'

/** A node as a test calls it: the path of the node protocol, a body, headers. */
export interface NodeClient {
  name: string
  post(path: string, body: Uint8Array | string, headers?: Record<string, string>): Promise<Response>
  get(path: string): Promise<Response>
}

const TIMEOUT_MS = 30_000

/** Calls a node straight, signed as the router signs when a key is given. */
export function nodeClient(name: string, url: string, signingKey?: string): NodeClient {
  return {
    name,
    async post(path, body, headers = {}) {
      const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
      const signature: Record<string, string> =
        signingKey === undefined
          ? {}
          : {
              'mesh-signature': await signRequest(
                { method: 'POST', path, body: bytes },
                { privateKey: signingKey, audience: name },
              ),
            }
      return fetch(`${url}${path}`, {
        method: 'POST',
        headers: { ...headers, ...signature },
        body: new Uint8Array(bytes),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
    },
    get: (path) => fetch(`${url}${path}`, { signal: AbortSignal.timeout(TIMEOUT_MS) }),
  }
}
