import type { Context } from 'hono'

import { log } from '#shared/log.ts'
import { asMeshError } from '#shared/problem.ts'

import type { Attempt } from '../dispatch/attempt-record.ts'
import type { NodeAnswer } from '../door.ts'
import type { RouterApp } from '../env.ts'
import type { Call } from '../perform.ts'
import { versionKey, type Candidate } from '../registry/snapshot.ts'
import type { Observation } from './evidence.ts'
import { learnEvidence } from './learn-evidence.ts'
import { mirrorRequest, type Answered } from './mirror-request.ts'
import { isComplaint, isFailure, observeCall } from './observe-rollout.ts'
import type { VersionPart } from './version-parts.ts'

/** A larger request is not held for longer than its caller waits. */
const MAX_MIRRORED_BYTES = 1024 * 1024

/** How a call of nodes went; `answered` is absent where nobody answered, or only complained. */
export interface Followed {
  attempts: readonly Attempt[]
  answered?: { answer: NodeAnswer; deployment: Candidate }
}

/**
 * Behind a request that a running rollout took part in: notes how its versions did, and asks the other one what one has
 * answered. The caller notices nothing of it. Who pinned a version is left out of it.
 */
export function followRollout(
  c: Context<RouterApp>,
  call: Call,
  { attempts, answered }: Followed,
): void {
  if (call.constraints.version !== undefined) return
  const running = runningParts(call.candidates)
  if (running.size === 0) return
  const by = answered?.deployment.part
  for (const own of firstOfEach(attempts)) {
    const part = running.get(own.model)
    if (!part) continue
    const isCandidate = part.role === 'candidate'
    // what it refused was right, since the stable version answered it
    const isRefusal = isCandidate && by?.role === 'stable' && isComplaint(own.outcome)
    observe(c, part, observeCall(own, isCandidate, isRefusal || isFailure(own.outcome)))
  }
  if (!answered || by?.rollout.state !== 'running') return
  if (!wasAsked(by, attempts)) mirrorBehind(c, call, { ...answered, part: by, attempts })
}

/** Of each deployment the first: what is asked again because it failed is no other trial, which verdicts count on. */
function firstOfEach(attempts: readonly Attempt[]): readonly Attempt[] {
  return attempts.filter(
    ({ model, node }, i) =>
      attempts.findIndex((own) => own.model === model && own.node === node) === i,
  )
}

/** Whether the candidate had its chance already, before the stable version answered: one that a hedge cut short had none. */
function wasAsked({ role, rollout }: VersionPart, attempts: readonly Attempt[]): boolean {
  const candidate = versionKey({ id: rollout.modelId, version: rollout.candidate })
  return (
    role === 'stable' &&
    attempts.some(({ model, outcome }) => model === candidate && outcome !== 'cancelled')
  )
}

/** By `id@version`; nearly always none. */
function runningParts(candidates: readonly Candidate[]): ReadonlyMap<string, VersionPart> {
  const parts = new Map<string, VersionPart>()
  for (const { modelId, version, part } of candidates) {
    if (part?.rollout.state === 'running') parts.set(versionKey({ id: modelId, version }), part)
  }
  return parts
}

function mirrorBehind(
  c: Context<RouterApp>,
  call: Call,
  {
    answer,
    deployment,
    part,
    attempts,
  }: Required<Followed>['answered'] & {
    part: VersionPart
    attempts: readonly Attempt[]
  },
): void {
  const { rollout } = part
  const { body, contentType, headers } = answer
  if (Math.random() >= rollout.mirror) return
  const { metrics } = c.get('observer')
  // what streams is too large to be held, and who had it is gone
  const isSmall = body instanceof Uint8Array && call.body.byteLength <= MAX_MIRRORED_BYTES
  const answered = isSmall && {
    answer: { contentType, headers, body },
    deployment,
    part,
    ms: attempts.find(({ outcome }) => outcome === 'ok')?.ms ?? 0,
  }
  const work =
    answered && c.get('mirrors').enter(c.get('load'), () => compareBehind(c, call, answered))
  if (work) c.executionCtx.waitUntil(work)
  else metrics.noteMirror(rollout.modelId, 'skipped')
}

async function compareBehind(c: Context<RouterApp>, call: Call, answered: Answered): Promise<void> {
  const { rollout } = answered.part
  try {
    const { result, seen } = await mirrorRequest(c, call, answered)
    c.get('observer').metrics.noteMirror(rollout.modelId, result)
    observe(c, answered.part, seen)
  } catch (err) {
    // nobody waits for it
    log.warn('rollout_not_mirrored', { rollout: rollout.id, code: asMeshError(err).code })
  }
}

function observe(
  c: Context<RouterApp>,
  { rollout }: Pick<VersionPart, 'rollout'>,
  seen: Partial<Observation>,
): void {
  if (Object.keys(seen).length === 0) return
  c.get('observer').evidence.post(
    { ...seen, rolloutId: rollout.id },
    (batch) => learnEvidence(c, batch),
    (work) => c.executionCtx.waitUntil(work),
  )
}
