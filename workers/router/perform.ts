/** What every public protocol does with a request it has understood: find deployments, call them, tell the route. */
import type { Context } from 'hono'

import { withinDeadline } from '#shared/deadline.ts'
import { asMeshError, problemError } from '#shared/problem.ts'
import { MAX_BODY_BYTES } from '#shared/protocol.ts'
import { readBody } from '#shared/read-body.ts'

import type { DispatchRequest } from './dispatch/attempt.ts'
import type { KeptAnswer } from './cache/answer-cache.ts'
import { answerKey, type AskedParts } from './cache/answer-key.ts'
import { parseCacheDirectives } from './cache/cache-directives.ts'
import { etagOf, namesEtag } from './cache/etag.ts'
import { announce, keep, recall, type Question, type Remembered } from './cache/remember.ts'
import type { Constraints } from './constraints.ts'
import { describeRoute, type Attempt } from './dispatch/attempt-record.ts'
import { dispatch } from './dispatch/dispatch.ts'
import { DispatchError } from './dispatch/dispatch-error.ts'
import type { NodeAnswer } from './door.ts'
import type { RouterApp } from './env.ts'
import { requireCandidates, requireOffers, type Wanted } from './find-candidates.ts'
import { placeOf } from './matching/offer.ts'
import { observeCall, observeRefusal, type CallRecord } from './observe/observe-call.ts'
import { findDeployment } from './registry/find-deployment.ts'
import { followRollout } from './rollout/follow-rollout.ts'
import { recheckedSnapshotOf, snapshotOf } from './registry/request-snapshot.ts'
import { versionKey, type Candidate, type Snapshot } from './registry/snapshot.ts'
import { transports } from './transports.ts'
import { isAdmitted, PENDING } from './verify/verification.ts'

export interface Call extends Pick<DispatchRequest, 'door' | 'headers' | 'body'> {
  /** All that its caller asked for, so that no door forgets any of it. */
  constraints: Constraints
  candidates: readonly Candidate[]
  /** When the request came in, in ms since the epoch. */
  started: number
}

interface Answered {
  answer: NodeAnswer
  deployment: Candidate
}

/**
 * The answer that is kept of the very same request, else that of the first candidate that gives one; its
 * headers tell who it was and what was tried. Throws the first complaint of the request, or DispatchError when nobody
 * answered. It stands behind `requireKey('infer')`, which lets it end though its caller hangs up.
 */
export function perform(c: Context<RouterApp>, call: Call): Promise<NodeAnswer> {
  const { candidates, started } = call
  const capability = candidates[0]?.capability ?? null
  return observeCall(c, { capability, started }, (record) => recallOrMake(c, call, record))
}

async function recallOrMake(
  c: Context<RouterApp>,
  call: Call,
  record: CallRecord,
): Promise<NodeAnswer> {
  const question = await questionOf(c, call)
  if (!question) return (await run(c, call, record)).answer
  const { noCache, noStore } = question.directives
  if (!noCache && !noStore) record.cache = 'miss'
  const known = await recall(question, Date.now())
  if (!known) return makeAndKeep(c, call, question, record)
  record.cache = known.age === undefined ? 'collapsed' : 'hit'
  record.answeredBy = known.answer
  return tellKept(c, known)
}

async function run(c: Context<RouterApp>, call: Call, record: CallRecord): Promise<Answered> {
  const { candidates, started, constraints, ...request } = call
  const { deadlineMs, priority = 'normal', version } = constraints
  c.get('probes').behind(c)
  const dispatched = await dispatch(
    candidates,
    {
      ...request,
      priority,
      deadlineMs,
      pinned: version !== undefined,
      expiresAt: started + deadlineMs,
      requestId: c.get('requestId'),
      trace: c.get('trace'),
    },
    {
      transports,
      env: c.env,
      board: c.get('board'),
      onAttempt: (ended) => record.attempts.push(ended),
    },
  ).catch((err: unknown) => {
    if (err instanceof DispatchError) {
      tellRoute(c, err.attempts, null)
      followRollout(c, call, { attempts: err.attempts })
    }
    throw err
  })
  const { reply, deployment, attempts } = dispatched
  tellRoute(c, attempts, reply.serverTiming)
  const model = versionKey({ id: deployment.modelId, version: deployment.version })
  record.answeredBy = { model, node: deployment.node }
  c.get('told').set('mesh-model', model).set('mesh-node', deployment.node)
  if ('complaint' in reply) {
    followRollout(c, call, { attempts })
    throw problemError(reply.complaint)
  }
  const answered = { answer: reply.answer, deployment }
  followRollout(c, call, { attempts, answered })
  return answered
}

/** Undefined where no answer may be kept of it. */
async function questionOf(c: Context<RouterApp>, call: Call): Promise<Question | undefined> {
  const directives = parseCacheDirectives(c.req.header('cache-control'))
  const model = call.candidates[0]?.cacheAs
  if (!call.door.kept || typeof model !== 'string') return undefined
  const asked: AskedParts = {
    tenant: c.get('key').id,
    door: call.door.name,
    places: placesOf(call.candidates),
    headers: call.headers,
    body: call.body,
    canonical: true,
  }
  const key = directives.noStore ? undefined : await answerKey(asked, model)
  const expiresAt = call.started + call.constraints.deadlineMs
  const snapshot = await snapshotOf(c)
  const isBelieved = (maker: KeptAnswer['deployment']) => isStillBelieved(maker, snapshot)
  return { store: c.get('answers'), asked, model, key, directives, expiresAt, isBelieved }
}

/** Whether a deployment is where it was, and its examples don't keep it from traffic. */
function isStillBelieved(
  { id, target }: KeptAnswer['deployment'],
  snapshot: Pick<Snapshot, 'deployments' | 'verifications' | 'policy'>,
): boolean {
  const { verifications, policy } = snapshot
  const isThere = findDeployment(snapshot, id)?.target === target
  return isThere && isAdmitted(verifications.get(id) ?? PENDING, policy.verification)
}

function placesOf(candidates: readonly Candidate[]): string[] {
  const places = candidates.map((own) => JSON.stringify(placeOf(own)))
  return Array.from(new Set(places))
}

async function makeAndKeep(
  c: Context<RouterApp>,
  call: Call,
  question: Question,
  record: CallRecord,
): Promise<NodeAnswer> {
  const flight = announce(question)
  let kept: KeptAnswer | undefined
  try {
    const { answer, deployment } = await run(c, call, record)
    const { body, contentType, headers } = answer
    const made = deployment.cacheAs
    // what streams is too large to be kept
    if (!(body instanceof Uint8Array) || made === null) return answer
    const model = versionKey({ id: deployment.modelId, version: deployment.version })
    const { id, target, node } = deployment
    const etag = await etagOf(question.asked.tenant, { contentType, body })
    const maker = { model, node, deployment: { id, target } }
    const whole: KeptAnswer = { contentType, headers, body, etag, ...maker }
    // who waits for this flight wants the answer of the model it was announced for
    if (made === question.model) kept = whole
    c.get('told').set('cache-status', await keep(question, made, whole, Date.now()))
    return { ...answer, etag }
  } finally {
    flight?.land(kept)
  }
}

function tellKept(c: Context<RouterApp>, { answer, status, age }: Remembered): NodeAnswer {
  const { contentType, headers, body, etag, model, node } = answer
  const told = c.get('told')
  told.set('cache-status', status)
  if (age !== undefined) told.set('age', String(age))
  told.set('mesh-route', `cache/router;${model};ok;0ms`)
  told.set('mesh-model', model).set('mesh-node', node)
  return { contentType, headers, body, etag }
}

/** The answer as the node gave it, or that it is the one the caller has. */
export function sendAnswer(
  c: Context<RouterApp>,
  { body, contentType, headers, etag }: NodeAnswer,
): Response {
  if (etag !== undefined) {
    c.get('told').set('etag', etag)
    if (namesEtag(c.req.header('if-none-match'), etag)) return c.body(null, 304)
  }
  return c.body(body, 200, { ...headers, 'content-type': contentType })
}

/** What seems unknown or not ready is looked for once more before it is refused. */
export function findCandidates(
  c: Context<RouterApp>,
  capability: string,
  constraints: Constraints,
  has: Wanted['has'] = {},
): Promise<readonly Candidate[]> {
  return lookForCall(c, capability, (snapshot) => {
    const offers = requireOffers(snapshot, capability, constraints)
    const key = c.get('key').id
    const wanted: Wanted = { door: 'task', name: capability, offers, constraints, key, has }
    return requireCandidates(snapshot, wanted, c.get('board'))
  })
}

/** The same for whoever a protocol would call; that there is nobody is worth remembering. */
export async function lookForCall(
  c: Context<RouterApp>,
  capability: string | null,
  look: (snapshot: Snapshot) => readonly Candidate[],
): Promise<readonly Candidate[]> {
  try {
    return await lookTwice(c, look)
  } catch (err) {
    // names that the registry doesn't have are the caller's own words
    const isKnown = asMeshError(err).code !== 'capability_unknown'
    observeRefusal(c, isKnown ? capability : null, err)
    throw err
  }
}

/** What `look` finds in the snapshot; when it throws, in one that is checked once more, leases included. */
export async function lookTwice<T>(
  c: Context<RouterApp>,
  look: (snapshot: Snapshot) => T,
): Promise<T> {
  const snapshot = await snapshotOf(c)
  const { leases } = c.get('registry')
  const { lastId } = leases
  try {
    return look(snapshot)
  } catch (err) {
    const rechecked = await recheckedSnapshotOf(c)
    if (rechecked === snapshot && leases.lastId === lastId) throw err
    return look(rechecked)
  }
}

/** A caller that sends slowly spends its own deadline. */
export function readInTime(c: Context, who: string, deadlineMs: number): Promise<Uint8Array> {
  return withinDeadline(() => readBody(c.req.raw, MAX_BODY_BYTES, who), deadlineMs, who)
}

function tellRoute(c: Context<RouterApp>, attempts: readonly Attempt[], node: string | null): void {
  c.get('counts').note(attempts)
  const told = c.get('told')
  told.set('mesh-route', describeRoute(attempts))
  const entries = attempts.map(({ ms }, i) => `attempt${i + 1};dur=${ms}`)
  // only what a node of ours sends; another server's header is not passed on unread
  if (node !== null && /^node;dur=[\d.]{1,16}$/.test(node)) entries.push(node)
  told.set('server-timing', entries.join(', '))
}
