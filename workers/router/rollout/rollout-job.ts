import type { Job } from '../jobs/job.ts'
import { RegistryReader } from '../registry/registry-reader.ts'
import { judgeRollouts } from './judge-rollouts.ts'
import { RolloutStore } from './rollout-store.ts'

/** Decides rollouts whose time is over, since those without requests are judged behind none. */
export const rolloutJob: Job = {
  name: 'rollouts',
  async run({ env, state }) {
    const store = new RolloutStore(env)
    const made = await judgeRollouts(store, await store.running(), Date.now())
    for (const verdict of made) state.observer.metrics.noteVerdict(verdict)
    if (made.length > 0) await state.registry.reload(new RegistryReader(env))
  },
}
