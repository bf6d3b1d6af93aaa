import { versionKey, type Deployment } from '../registry/snapshot.ts'
import type { Rollout } from './rollout.ts'
import type { VersionPart } from './version-parts.ts'

/** A deployment in the order in which it would be tried. */
type Arranged = Pick<Deployment, 'modelId' | 'version'> & { part?: VersionPart | undefined }

/**
 * The ranked deployments as rollouts want them. A candidate stands where its stable version stands: before it for
 * the callers of its share, after it for all others, so that it takes exactly its share of what the stable version
 * would have taken and either catches what the other drops. A superseded version comes after its successor.
 *
 * @param takes whether the candidate of a rollout goes first for this caller
 */
export function arrangeVersions<T>(
  ranked: readonly T[],
  deploymentOf: (own: T) => Arranged,
  takes: (rollout: Rollout) => boolean,
): readonly T[] {
  let arranged = ranked
  for (const { key, anchor, before, ends } of movesOf(ranked.map(deploymentOf), takes)) {
    const isOf = (name: string) => (own: T) => versionKeyOf(deploymentOf(own)) === name
    const moved = arranged.filter(isOf(key))
    const others = arranged.filter((own) => !isOf(key)(own))
    const at = before ? others.findIndex(isOf(anchor)) : others.findLastIndex(isOf(anchor)) + 1
    const found = before ? at !== -1 : at !== 0
    if (found) arranged = others.toSpliced(at, 0, ...moved)
    else if (ends) arranged = [...others, ...moved]
  }
  return arranged
}

interface Move {
  key: string
  /** The version beside which it goes. */
  anchor: string
  before: boolean
  /** Whether it goes to the end where its anchor can't serve the request; else it stays. */
  ends: boolean
}

/** Latest rollout first: an earlier one's version goes beside what a later one has put in its place. */
function movesOf(own: readonly Arranged[], takes: (rollout: Rollout) => boolean): Move[] {
  const parts = new Set(own.flatMap(({ part }) => part ?? []))
  const moving = Array.from(parts).filter(
    ({ role }) => role === 'candidate' || role === 'superseded',
  )
  return moving
    .toSorted((a, b) => b.rollout.startedAt - a.rollout.startedAt)
    .map(({ role, rollout }) => {
      const stable = versionKey({ id: rollout.modelId, version: rollout.stable })
      const candidate = versionKey({ id: rollout.modelId, version: rollout.candidate })
      if (role === 'superseded')
        return { key: stable, anchor: candidate, before: false, ends: false }
      const before = takes(rollout)
      return { key: candidate, anchor: stable, before, ends: !before }
    })
}

function versionKeyOf({ modelId, version }: Arranged): string {
  return versionKey({ id: modelId, version })
}
