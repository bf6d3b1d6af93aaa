import type { Context, Env } from 'hono'

import type { TensorSpec } from '../manifest.ts'
import type { ModelStatistics } from '../model-statistics.ts'

/** One version of one model, as Open Inference Protocol v2 describes it. */
export interface OipModel {
  name: string
  version: string
  platform: string
  inputs: readonly TensorSpec[]
  outputs: readonly TensorSpec[]
  /** Whether an inference may be asked for now; `reason` says why not. */
  ready: boolean
  reason?: string
  /** Facts beyond the protocol's own, e.g. the name of the tensor that takes text. */
  parameters?: Readonly<Record<string, string | number | boolean>>
}

/**
 * What a server of the Open Inference Protocol needs of its implementation: a model Worker and the
 * native node have models loaded (model-backend.ts), the router has other nodes that do. The routes,
 * shapes and errors around it are the same for all (oip-routes.ts).
 */
export interface OipBackend<E extends Env> {
  readonly server: { name: string; version: string }
  /** Whether this server takes requests; may throw to say why not. */
  ready(c: Context<E>): Promise<boolean>
  /** Every version of every model. */
  models(c: Context<E>): Promise<readonly OipModel[]>
  /** The versions of one model, first the one that answers when none is asked for; or the one asked for. Throws `model_unknown`. */
  requireModel(c: Context<E>, name: string, version?: string): Promise<readonly OipModel[]>
  /** Loads a model, so that its readiness vouches for the next request; throws where it can't be. Absent where models are elsewhere. */
  warmModel?(c: Context<E>, name: string, version?: string): Promise<void>
  /** Runs the request's tensors; its body is not read yet. */
  infer(c: Context<E>, name: string, version?: string): Promise<Response>
  /** What has been counted since the server started, of all models or of one. Throws `model_unknown`. */
  statistics(c: Context<E>, name?: string, version?: string): Promise<readonly ModelStatistics[]>
}
