import type { Job } from '../jobs/job.ts'
import { LeaseStore } from '../leases/lease-store.ts'
import { RegistryReader } from '../registry/registry-reader.ts'
import { RegistryStore } from '../registry/registry-store.ts'

/** Who the audit log names. */
const ACTOR = 'cron'
/** Of one run and each kind: each is a change of its own, and the free plan has 50 subrequests. */
const MAX_REMOVED = 10
/** What an operator has set of a node that is away for less is there when it comes back. */
const FORGOTTEN_MS = 3_600_000

/** Removes deployments that were drained for it, and those whose lease ended long ago. */
export const removeDeployments: Job = {
  name: 'remove-deployments',
  async run({ env, state }) {
    const now = Date.now()
    const overBefore = now - FORGOTTEN_MS
    const store = new RegistryStore(env)
    const reader = new RegistryReader(env)
    const { deployments } = await state.registry.latest(reader)
    const drained = deployments.filter(({ removeAt }) => removeAt !== null && removeAt <= now)
    for (const { id } of drained.slice(0, MAX_REMOVED)) {
      const audit = { actor: ACTOR, action: 'delete_deployment', target: id, detail: 'drained' }
      await store.deleteDeployment(id, audit, { removableAt: now })
    }
    const over = await new LeaseStore(env).listOver(overBefore, MAX_REMOVED)
    for (const id of over) {
      const detail = 'its lease ended long ago'
      const audit = { actor: ACTOR, action: 'delete_deployment', target: id, detail }
      await store.deleteDeployment(id, audit, { overBefore })
    }
    if (drained.length + over.length > 0) await state.registry.reload(reader)
  },
}
