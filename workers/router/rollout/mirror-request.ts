import type { Context } from 'hono'

import { discardBody } from '#shared/discard-body.ts'
import { log } from '#shared/log.ts'
import { mediaTypeOf } from '#shared/media-type.ts'
import { asMeshError } from '#shared/problem.ts'
import { createSpanId } from '#shared/trace.ts'

import { attempt, type NodeReply } from '../dispatch/attempt.ts'
import type { RouterApp } from '../env.ts'
import { findRanked } from '../find-candidates.ts'
import type { Call } from '../perform.ts'
import { snapshotOf } from '../registry/request-snapshot.ts'
import type { Candidate } from '../registry/snapshot.ts'
import { transports } from '../transports.ts'
import { compareAnswers, type HeldAnswer } from './compare-answers.ts'
import type { Evidence } from './evidence.ts'
import { observeCall, observePair, UNLIKE_REFUSED } from './observe-rollout.ts'
import type { VersionPart } from './version-parts.ts'

/** Nobody waits for it, and Cloudflare ends what runs behind an answer after 30 s. */
const MAX_MIRROR_MS = 10_000

/** What one version has answered, to be held against the other's answer. */
export interface Answered {
  answer: HeldAnswer
  deployment: Candidate
  part: VersionPart
  /** Milliseconds it took. */
  ms: number
}

export type MirrorResult = 'agreed' | 'disagreed' | 'failed' | 'skipped'

/**
 * Asks the other version of a running rollout what one has answered, once, and compares. What the caller asked for
 * holds here too: nothing is sent where its request might not go. Neither the retry budget nor the record of
 * the stable version's deployments is touched.
 */
export async function mirrorRequest(
  c: Context<RouterApp>,
  call: Call,
  answered: Answered,
): Promise<{ result: MirrorResult; seen: Partial<Evidence> }> {
  const { rollout, role } = answered.part
  const isCandidate = role === 'stable'
  const target = await findOther(c, call, answered)
  if (!target) return { result: 'skipped', seen: {} }
  // only the record of the candidate: a shadow that fails again and again is left alone, too
  const health = isCandidate ? c.get('board').of(target) : undefined
  const flight = health?.begin(Date.now())
  const began = performance.now()
  let reply: NodeReply
  try {
    reply = await ask(c, call, target)
    if (health && flight) health.answered(flight, Date.now())
  } catch (err) {
    const failure = asMeshError(err)
    if (health && flight) health.failed(flight, Date.now(), failure)
    const outcome = { outcome: failure.code, ms: performance.now() - began }
    return { result: 'failed', seen: observeCall(outcome, isCandidate) }
  }
  const ms = performance.now() - began
  const asked = observeCall({ outcome: 'ok', ms }, isCandidate)
  const [stableMs, candidateMs] = isCandidate ? [answered.ms, ms] : [ms, answered.ms]
  const comparison = await compareReply(call, answered, reply)
  if (!comparison) return { result: 'skipped', seen: asked }
  const pair = observePair(comparison, {
    rollout,
    stableMs,
    candidateMs,
    request: c.get('requestId'),
  })
  return { result: comparison.agrees ? 'agreed' : 'disagreed', seen: { ...asked, ...pair } }
}

/** The best deployment of the other version that fits the request; none where it fails or is full. */
async function findOther(
  c: Context<RouterApp>,
  { door, constraints, headers, body }: Call,
  { deployment, part: { role, rollout } }: Answered,
): Promise<Candidate | undefined> {
  const version = role === 'stable' ? rollout.candidate : rollout.stable
  const { modelId: model } = deployment
  const snapshot = await snapshotOf(c)
  const offers = (snapshot.offersOfModel.get(model) ?? []).filter(
    (own) => own.model.manifest.version === version,
  )
  const mediaType = mediaTypeOf(new Headers(headers))
  // of tensors and of JSON the node finds out what they hold
  const isMedia = door.name === 'task' && mediaType !== 'application/json'
  const has = isMedia ? { mediaType, bytes: body.byteLength } : {}
  const pinned = { ...constraints, model, version }
  const wanted = { door: door.name, name: model, offers, constraints: pinned, has }
  const board = c.get('board')
  const ranked = findRanked(snapshot, { ...wanted, key: c.get('key').id }, board)
  const now = Date.now()
  return ranked.find(({ candidate }) => board.find(candidate)?.admits(now) !== false)?.candidate
}

function ask(c: Context<RouterApp>, call: Call, target: Candidate): Promise<NodeReply> {
  const timeout = Math.min(call.constraints.deadlineMs, MAX_MIRROR_MS)
  const request = {
    door: call.door,
    headers: call.headers,
    body: call.body,
    expiresAt: Date.now() + timeout,
    deadlineMs: timeout,
    priority: 'low' as const,
    requestId: c.get('requestId'),
    trace: c.get('trace'),
  }
  return attempt(target, request, {
    timeout,
    spanId: createSpanId(),
    transport: transports[target.transport],
    env: c.env,
    controller: new AbortController(),
  })
}

/** Undefined where the two can't be compared. */
async function compareReply(
  { door }: Call,
  { answer, deployment, part: { role, rollout } }: Answered,
  reply: NodeReply,
) {
  if ('complaint' in reply) return UNLIKE_REFUSED
  const { body, ...rest } = reply.answer
  if (!(body instanceof Uint8Array)) {
    await discardBody({ body })
    return undefined
  }
  const other = { ...rest, body }
  const [stable, candidate] = role === 'stable' ? [answer, other] : [other, answer]
  const [task = ''] = deployment.capability.split('/')
  const asked = { task, door: door.name, tolerance: rollout.tolerance }
  return compareAnswers(asked, stable, candidate).catch((err: unknown) => {
    // what can't be read of either is nothing of either
    log.warn('rollout_not_compared', { rollout: rollout.id, code: asMeshError(err).code })
    return undefined
  })
}
