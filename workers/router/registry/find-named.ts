import type { Context } from 'hono'

import { MeshError } from '#shared/mesh-error.ts'

import type { ConstraintFields } from '../constraints.ts'
import type { RouterApp } from '../env.ts'
import { nearest } from '../nearest.ts'
import { recheckedSnapshotOf, snapshotOf } from './request-snapshot.ts'
import type { Snapshot } from './snapshot.ts'

/** What other protocols' `model` stands for here. */
export interface Named {
  capability: string
  /** The model the caller pinned, unless it named the capability. */
  pin: Pick<ConstraintFields, 'model' | 'version'>
}

/**
 * The capability behind a model's name: its id, `id@version`, or the capability itself, whose `task/domain`
 * looks like the ids of a model hub. Throws `model_unknown` with the nearest names.
 */
export async function findNamed(c: Context<RouterApp>, name: string): Promise<Named> {
  const found = lookUp(await snapshotOf(c), name)
  if (found) return found
  const rechecked = await recheckedSnapshotOf(c)
  const late = lookUp(rechecked, name)
  if (late) return late
  const known = [...rechecked.versions.keys(), ...rechecked.capabilities.keys()]
  const suggestions = nearest(name, known)
  throw new MeshError(
    'model_unknown',
    `there is no model '${name.slice(0, 96)}'${suggestions.length > 0 ? `; did you mean ${suggestions.join(' or ')}?` : ''}`,
    { extensions: { nearest: suggestions } },
  )
}

function lookUp({ versions, models, capabilities }: Snapshot, name: string): Named | undefined {
  if (capabilities.has(name)) return { capability: name, pin: {} }
  const [any] = versions.get(name) ?? []
  if (any) return { capability: any.manifest.capability, pin: { model: name } }
  const exact = models.get(name)
  if (!exact) return undefined
  const { id, version, capability } = exact.manifest
  return { capability, pin: { model: id, version } }
}
