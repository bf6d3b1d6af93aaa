import type { Context } from 'hono'

import type { RouterApp } from '../env.ts'
import { RegistryReader } from '../registry/registry-reader.ts'
import { sumObservations, type Observation } from './evidence.ts'
import { judgeRollouts } from './judge-rollouts.ts'
import { RolloutStore } from './rollout-store.ts'

/** Adds what this isolate has seen to what all have, and decides by the sum. */
export async function learnEvidence(
  c: Context<RouterApp>,
  observations: readonly Observation[],
): Promise<void> {
  const store = new RolloutStore(c.env)
  const seen = sumObservations(observations)
  await store.addEvidence(seen)
  const ids = seen.map(({ rolloutId }) => rolloutId)
  const made = await judgeRollouts(store, await store.running(ids), Date.now())
  for (const verdict of made) c.get('observer').metrics.noteVerdict(verdict)
  if (made.length > 0) await c.get('registry').reload(new RegistryReader(c.env))
}
