import type { Context } from 'hono'

import { withinDeadline } from '#shared/deadline.ts'
import { MeshError } from '#shared/mesh-error.ts'

import type { RouterApp } from '../env.ts'
import { outliveCaller } from '../outlive-caller.ts'
import { RegistryReader } from '../registry/registry-reader.ts'
import { latestSnapshotOf } from '../registry/request-snapshot.ts'
import { versionKey, type Deployment } from '../registry/snapshot.ts'
import { PENDING, type Verification } from './verification.ts'
import { verifyAndRecord } from './verify-and-record.ts'

const STILL_RUNNING = 'its examples are still running; GET /models tells what comes of them'

/** How long a request waits for its verification. */
const WAIT_MS = 20_000
/** How long it goes on behind the request: the platform gives 30 s after the answer. */
const BEHIND_MS = 20_000

/** Verifies a deployment that was just stored. What takes longer than a request waits goes on behind it. */
export async function verifyNow(
  c: Context<RouterApp>,
  deployment: Deployment,
): Promise<Verification> {
  const snapshot = await latestSnapshotOf(c)
  const { modelId, version } = deployment
  const model = snapshot.models.get(versionKey({ id: modelId, version }))
  // removed by another a moment ago
  if (!model) return PENDING
  const verify = async () => {
    const found = await verifyAndRecord(deployment, model, snapshot, {
      env: c.env,
      actor: c.get('key').id,
      expiresAt: Date.now() + WAIT_MS + BEHIND_MS,
    })
    await c.get('registry').reload(new RegistryReader(c.env))
    return found
  }
  const work = outliveCaller(c, verify())
  try {
    return await withinDeadline(() => work, WAIT_MS, 'the verification')
  } catch (err) {
    // the deployment itself is stored
    if (!(err instanceof MeshError)) throw err
    const known = snapshot.verifications.get(deployment.id) ?? PENDING
    const late = err.code === 'deadline_exceeded'
    return { ...known, note: late ? STILL_RUNNING : err.message }
  }
}
