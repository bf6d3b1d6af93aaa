import type { RegisteredManifest } from '#shared/remote-manifest.ts'

import type { RouterBindings } from './env.ts'
import type { Deployment } from './registry/snapshot.ts'

/** One call of a node; the path and the body are the node protocol's (shared/protocol.ts). */
export interface NodeCall {
  path: string
  /** By name in lower case. No `Headers`: `fetch` makes its own, and workerd's are garbage of which V8 doesn't know the size. */
  headers: Readonly<Record<string, string>>
  body: Uint8Array
  signal: AbortSignal
}

/** What a deployment is asked to be ready for: its node to take requests at all, or the model itself, which may load it. */
export interface Readiness {
  of: 'node' | 'model'
  signal: AbortSignal
}

/**
 * How the router reaches a deployment. Throws MeshError `unreachable` when it can't; whatever the node
 * answers, even an error, is returned.
 */
export interface Transport {
  call(deployment: Deployment, call: NodeCall, env: RouterBindings): Promise<Response>
  /** Asks whether it is ready: 200 when it is. Costs no inference. Throws as `call` does. */
  probe(deployment: Deployment, readiness: Readiness, env: RouterBindings): Promise<Response>
  /** Throws MeshError `invalid_request` when `target` can't be one of this transport's. */
  checkTarget(target: string, env: RouterBindings): void
  /**
   * Asks a server that isn't ours whether it has the model, before it is registered. Throws MeshError
   * `conflict` when it has another, `unreachable` when it can't be asked.
   */
  checkModel?(
    place: Pick<Deployment, 'target' | 'node'>,
    manifest: RegisteredManifest,
    env: RouterBindings,
  ): Promise<void>
}
