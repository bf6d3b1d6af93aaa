import type { SharedMesh } from './shared-mesh.ts'

export interface MeshClient {
  post(path: string, body: BodyInit, headers?: Record<string, string>): Promise<Response>
  get(path: string, key?: string): Promise<Response>
}

/** The public endpoint as a caller with a key uses it; text unless a header says otherwise. */
export function meshClient({ url, inferKey }: Pick<SharedMesh, 'url' | 'inferKey'>): MeshClient {
  return {
    post: (path, body, headers = {}) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${inferKey}`,
          'content-type': 'text/plain',
          // tests want to see nodes asked; what the router keeps has tests of its own
          'cache-control': 'no-cache',
          ...headers,
        },
        body,
      }),
    get: (path, key = inferKey) =>
      fetch(`${url}${path}`, { headers: { authorization: `Bearer ${key}` } }),
  }
}
