import type { Rollout } from './rollout.ts'

/**
 * What the rollouts of a model make of one version. `withheld` takes no request but those that pin it;
 * `superseded` comes after the version that took its place.
 */
export interface VersionPart {
  role: 'stable' | 'candidate' | 'withheld' | 'superseded'
  rollout: Rollout
}

/**
 * The part of each version that has one; all others are ranked as if there were no rollouts.
 *
 * @param rollouts of one model; what a later one makes of a version replaces what an earlier one did
 */
export function partsOf(rollouts: readonly Rollout[]): ReadonlyMap<string, VersionPart> {
  const parts = new Map<string, VersionPart>()
  for (const rollout of rollouts.toSorted((a, b) => a.startedAt - b.startedAt)) {
    const { stable, candidate, state } = rollout
    if (state === 'running') {
      parts.set(stable, { role: 'stable', rollout })
      parts.set(candidate, { role: 'candidate', rollout })
    } else if (state === 'promoted') {
      parts.set(stable, { role: 'superseded', rollout })
      parts.delete(candidate)
    } else {
      parts.set(candidate, { role: 'withheld', rollout })
    }
  }
  return parts
}

const WHY: Readonly<Record<Rollout['state'], (stable: string) => string>> = {
  running: (stable) => `it runs in shadow of version ${stable}`,
  promoted: (stable) => `it took the place of version ${stable}`,
  rolled_back: (stable) => `it was rolled back to version ${stable}`,
  held: (stable) => `it could not be shown to be as good as version ${stable} in time`,
  stopped: (stable) => `its rollout after version ${stable} was stopped`,
}

/** Why a version takes no request that doesn't pin it; undefined when it does. */
export function whyWithheld({ role, rollout }: VersionPart): string | undefined {
  const isShadow = role === 'candidate' && rollout.share === 0
  if (role !== 'withheld' && !isShadow) return undefined
  return `${WHY[rollout.state](rollout.stable)}: it answers only those who pin it`
}
