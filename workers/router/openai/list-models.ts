import type { Context } from 'hono'

import type { RouterApp } from '../env.ts'
import { findNamed } from '../registry/find-named.ts'
import { snapshotOf } from '../registry/request-snapshot.ts'
import type { RegisteredModel } from '../registry/snapshot.ts'

interface OpenAiModel {
  id: string
  object: 'model'
  /** Seconds since the epoch. */
  created: number
  owned_by: string
  /** Not OpenAI's own: which of the listed can do what. */
  capability: string
}

/** `GET /v1/models`: every model of the mesh, by its id. */
export async function listModels(c: Context<RouterApp>): Promise<Response> {
  const { versions } = await snapshotOf(c)
  const data = Array.from(versions, ([id, own]) => shown(id, own))
  return c.json({ object: 'list', data })
}

/** `GET /v1/models/{id}`: whatever `model` of a request may name. Throws `model_unknown`. */
export async function retrieveModel(c: Context<RouterApp>, name: string): Promise<Response> {
  const { capability, pin } = await findNamed(c, name)
  // what takes tensors only is listed as well, and offers nothing at task level
  const named = ({ manifest }: RegisteredModel): boolean =>
    manifest.capability === capability &&
    (pin.model ?? manifest.id) === manifest.id &&
    (pin.version ?? manifest.version) === manifest.version
  return c.json(shown(name, Array.from((await snapshotOf(c)).models.values()).filter(named)))
}

/** A model is as old as the oldest of its versions. */
function shown(id: string, own: readonly RegisteredModel[]): OpenAiModel {
  const created = Math.min(...own.map(({ createdAt }) => createdAt))
  return {
    id,
    object: 'model',
    created: Math.floor(created / 1_000),
    owned_by: 'capillary',
    capability: own[0]?.manifest.capability ?? '',
  }
}
