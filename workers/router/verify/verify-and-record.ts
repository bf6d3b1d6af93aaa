import type { RouterBindings } from '../env.ts'
import { opensDoor } from '../matching/offer.ts'
import {
  versionKey,
  type Deployment,
  type RegisteredModel,
  type Snapshot,
} from '../registry/snapshot.ts'
import { PENDING, type Verification } from './verification.ts'
import { VerificationStore } from './verification-store.ts'
import { verifyDeployment, type Verdict } from './verify-deployment.ts'

/** Measurements are renewed so often in the time that they count. */
const CHECKS_PER_LIFETIME = 7

export interface VerifyContext {
  env: RouterBindings
  /** Who asked for it, for the audit. */
  actor: string
  /** When it is given up, in ms since the epoch. */
  expiresAt: number
}

/** Runs the examples of a deployment and stores what came of it. Throws what writes of the registry do. */
export async function verifyAndRecord(
  deployment: Deployment,
  model: RegisteredModel,
  snapshot: Snapshot,
  { env, actor, expiresAt }: VerifyContext,
): Promise<Verification> {
  const store = new VerificationStore(env)
  const verdict = await verifyDeployment(deployment, model, {
    env,
    readFile: (sha256) => store.readExampleFile(model.manifest, sha256),
    sibling: findSibling(deployment, snapshot),
    expiresAt,
  })
  const known = snapshot.verifications.get(deployment.id)
  const now = told(verdict, known)
  if (verdict.state === undefined && known?.note === verdict.note) {
    await store.postpone(verdict)
    return now
  }
  await store.record(verdict, snapshot.policy.measurementsLastMs / CHECKS_PER_LIFETIME, {
    actor,
    action: 'verify',
    target: deployment.id,
    detail: verdict.detail ?? verdict.note ?? verdict.state ?? '',
  })
  return now
}

/** A deployment of the same version at the other placement, that answers tasks and isn't known to be wrong or away. */
function findSibling(
  { modelId, version, placement }: Deployment,
  { deploymentsOf, verifications }: Snapshot,
): Deployment | undefined {
  return deploymentsOf
    .get(versionKey({ id: modelId, version }))
    ?.find(
      (own) =>
        own.placement !== placement &&
        own.state === 'ready' &&
        own.unreachableSince === null &&
        opensDoor(own.transport, 'task') &&
        verifications.get(own.id)?.state !== 'failed',
    )
}

function told({ state, detail, note }: Verdict, known: Verification = PENDING): Verification {
  return state === undefined ? { ...known, note } : { state, detail, note, checkedAt: Date.now() }
}
