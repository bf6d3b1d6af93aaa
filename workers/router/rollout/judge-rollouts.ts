import { log } from '#shared/log.ts'
import { MeshError } from '#shared/mesh-error.ts'

import { decide, type Verdict } from './decide.ts'
import type { RolloutStore, SeenRollout } from './rollout-store.ts'

/** Who decides, in the log of changes. */
const ACTOR = 'router'

/** Decides what can be decided, each by one conditional write; the verdicts that were made here. */
export async function judgeRollouts(
  store: RolloutStore,
  seen: readonly SeenRollout[],
  now: number,
): Promise<(Verdict & { model: string })[]> {
  const made: (Verdict & { model: string })[] = []
  for (const { rollout, evidence } of seen) {
    const verdict = decide(rollout, evidence, now)
    if (!verdict) continue
    const { id, modelId, candidate } = rollout
    const target = `${modelId}@${candidate}`
    try {
      await store.settle(id, verdict, { actor: ACTOR, action: 'settle_rollout', target })
    } catch (err) {
      // another isolate, or an admin, was first
      if (err instanceof MeshError && err.code === 'conflict') continue
      throw err
    }
    log.info('rollout_settled', { rollout: id, target, ...verdict })
    made.push({ ...verdict, model: modelId })
  }
  return made
}
