import type { verifications } from '#shared/schema.ts'

import type { Deployment, RegisteredModel } from '../registry/snapshot.ts'
import type { VerificationMode } from './card-policy.ts'

type Stored = typeof verifications.$inferSelect

/** What came of running a model's examples on a deployment. */
export type Verification = Pick<Stored, 'state' | 'detail' | 'note' | 'checkedAt'>

/** Of a deployment on which nobody has run an example yet. */
export const PENDING: Verification = { state: 'pending', detail: null, note: null, checkedAt: null }

/**
 * What a verdict is about: a deployment that moved, or has other artefacts, is another subject.
 * registry-tables.ts says the same in SQL.
 */
export function subjectOf(
  { transport, target, node, placement }: Deployment,
  { artefacts }: Pick<RegisteredModel, 'artefacts'>,
): string {
  return [transport, target, node, placement, JSON.stringify(artefacts)].join(' ')
}

/** Whether a deployment may take traffic, as far as its examples go. */
export function isAdmitted(
  { state }: Pick<Verification, 'state'>,
  mode: VerificationMode,
): boolean {
  if (mode === 'required') return state === 'passed'
  return mode === 'off' || state !== 'failed'
}

/** Why it may not, as a sentence about it. */
export function refusalOf({ state, detail, note }: Verification): string {
  if (state === 'failed') return `it fails the examples of its card: ${detail ?? 'they differ'}`
  if (state === 'unverifiable') return `it cannot be verified: ${detail ?? 'it has no examples'}`
  return `it has not passed the examples of its card${note === null ? '' : `: ${note}`}`
}
