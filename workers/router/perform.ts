/** What every public protocol does with a request it has understood: find deployments, call them, tell the route. */
import type { Context } from 'hono'

import { withinDeadline } from '#shared/deadline.ts'
import { problemError } from '#shared/problem.ts'
import { MAX_BODY_BYTES } from '#shared/protocol.ts'
import { readBody } from '#shared/read-body.ts'

import type { DispatchRequest } from './attempt.ts'
import type { Constraints } from './constraints.ts'
import { describeRoute, dispatch, DispatchError, type Attempt } from './dispatch.ts'
import type { NodeAnswer } from './door.ts'
import type { RouterApp } from './env.ts'
import { requireCandidates, requireOffers, type Wanted } from './find-candidates.ts'
import { recheckedSnapshotOf, snapshotOf } from './request-snapshot.ts'
import type { Candidate, Snapshot } from './snapshot.ts'
import { transports } from './transports.ts'

export interface Call extends Pick<DispatchRequest, 'door' | 'headers' | 'body' | 'deadlineMs'> {
  candidates: readonly Candidate[]
  /** When the request came in, in ms since the epoch. */
  started: number
}

/**
 * The answer of the first candidate that gives one; its headers tell who it was and what was tried.
 * Throws the first complaint of the request, or DispatchError when nobody answered.
 */
export async function perform(c: Context<RouterApp>, call: Call): Promise<NodeAnswer> {
  const { candidates, started, ...request } = call
  const dispatched = await dispatch(
    candidates,
    {
      ...request,
      expiresAt: started + call.deadlineMs,
      requestId: c.get('requestId'),
      trace: c.get('trace'),
    },
    { transports, env: c.env, board: c.get('board') },
  ).catch((err: unknown) => {
    if (err instanceof DispatchError) tellRoute(c, err.attempts, null)
    throw err
  })
  const { reply, deployment, attempts } = dispatched
  tellRoute(c, attempts, reply.serverTiming)
  c.header('mesh-model', `${deployment.modelId}@${deployment.version}`)
  c.header('mesh-node', deployment.node)
  if ('complaint' in reply) throw problemError(reply.complaint)
  return reply.answer
}

/** The answer as the node gave it. */
export function sendAnswer(c: Context, { body, contentType, headers }: NodeAnswer): Response {
  return c.body(body, 200, { ...headers, 'content-type': contentType })
}

/** What seems unknown or not ready is looked for once more before it is refused. */
export function findCandidates(
  c: Context<RouterApp>,
  capability: string,
  constraints: Constraints,
  has: Wanted['has'] = {},
): Promise<Candidate[]> {
  return lookTwice(c, (snapshot) => {
    const offers = requireOffers(snapshot, capability, constraints)
    const wanted: Wanted = { door: 'task', name: capability, offers, constraints, has }
    return requireCandidates(snapshot, wanted, c.get('board'))
  })
}

/** What `look` finds in the snapshot; when it throws, in one that is checked once more. */
export async function lookTwice<T>(
  c: Context<RouterApp>,
  look: (snapshot: Snapshot) => T,
): Promise<T> {
  const snapshot = await snapshotOf(c)
  try {
    return look(snapshot)
  } catch (err) {
    const rechecked = await recheckedSnapshotOf(c)
    if (rechecked === snapshot) throw err
    return look(rechecked)
  }
}

/** A caller that sends slowly spends its own deadline. */
export function readInTime(c: Context, who: string, deadlineMs: number): Promise<Uint8Array> {
  return withinDeadline(() => readBody(c.req.raw, MAX_BODY_BYTES, who), deadlineMs, who)
}

function tellRoute(c: Context<RouterApp>, attempts: readonly Attempt[], node: string | null): void {
  c.get('counts').note(attempts)
  c.header('mesh-route', describeRoute(attempts))
  const entries = attempts.map(({ ms }, i) => `attempt${i + 1};dur=${ms}`)
  // only what a node of ours sends; another server's header is not passed on unread
  if (node !== null && /^node;dur=[\d.]{1,16}$/.test(node)) entries.push(node)
  c.header('server-timing', entries.join(', '))
}
