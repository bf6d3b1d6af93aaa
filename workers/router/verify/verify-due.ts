import { MeshError } from '#shared/mesh-error.ts'

import { findDeployment } from '../registry/find-deployment.ts'
import type { Job } from '../jobs/job.ts'
import { RegistryReader } from '../registry/registry-reader.ts'
import { versionKey } from '../registry/snapshot.ts'
import { cardPolicy } from './card-policy.ts'
import { VerificationStore } from './verification-store.ts'
import { verifyAndRecord } from './verify-and-record.ts'

/** Of one trigger: it comes every minute, and its calls are counted by the platform. */
const MAX_PER_TRIGGER = 8
const TRIGGER_MS = 25_000

/** Verifies what is due, the longest overdue first; what a trigger has no time for is the next one's. */
export const verifyDue: Job = {
  name: 'verify_due',
  async run({ env, state: { registry } }) {
    if (cardPolicy(env).verification === 'off') return
    const expiresAt = Date.now() + TRIGGER_MS
    const store = new VerificationStore(env)
    const due = await store.listDue(Date.now(), MAX_PER_TRIGGER)
    if (due.length === 0) return
    const snapshot = await registry.latest(new RegistryReader(env))
    for (const id of due) {
      if (Date.now() >= expiresAt) break
      if (!(await store.claim(id, Date.now()))) continue
      const deployment = findDeployment(snapshot, id)
      const model =
        deployment &&
        snapshot.models.get(versionKey({ id: deployment.modelId, version: deployment.version }))
      if (!deployment || !model) continue
      await verifyAndRecord(deployment, model, snapshot, {
        env,
        actor: 'schedule',
        expiresAt,
      }).catch(unlessChanged)
    }
    await registry.reload(new RegistryReader(env))
  },
}

/** What has changed while it was verified is due again, and no reason to leave the others. */
function unlessChanged(err: unknown): void {
  if (!(err instanceof MeshError && err.code === 'conflict')) throw err
}
