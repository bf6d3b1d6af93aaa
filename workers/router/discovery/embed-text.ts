import { parseJson } from '#shared/json.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { problemError } from '#shared/problem.ts'
import type { Trace } from '#shared/trace.ts'

import { dispatch } from '../dispatch/dispatch.ts'
import { task } from '../doors/task.ts'
import type { RouterBindings } from '../env.ts'
import { match } from '../matching/match.ts'
import { nameOf, type Offer } from '../matching/offer.ts'
import { rank } from '../ranking/rank.ts'
import type { HealthBoard } from '../resilience/health-board.ts'
import { isVector } from '../is-vector.ts'
import type { Candidate, Snapshot } from '../registry/snapshot.ts'
import { transports } from '../transports.ts'

const EMBEDDING_TASK = 'feature-extraction/'
/** One version of one model: only its own embeddings can be compared with each other. */
export interface Embedder {
  /** `id@version`. */
  name: string
  candidates: readonly Candidate[]
}

/** What a call on the mesh's own behalf carries of the request that caused it. */
export interface EmbedContext {
  env: RouterBindings
  board: HealthBoard
  requestId: string
  trace: Trace
}

/**
 * The model that search compares meanings with: of the capability `preferred`, else of the first one that
 * extracts features. undefined when nothing of the kind is ready.
 */
export function findEmbedder(
  { offers, policy }: Pick<Snapshot, 'offers' | 'policy'>,
  { board, deadlineMs }: { board: HealthBoard; deadlineMs: number },
  preferred?: string,
): Embedder | undefined {
  const names = Array.from(offers.keys()).filter((name) =>
    preferred === undefined ? name.startsWith(EMBEDDING_TASK) : name === preferred,
  )
  for (const name of names.toSorted()) {
    for (const offer of (offers.get(name) ?? []).toSorted(byPart)) {
      const matches = match([offer], { door: 'task', placement: 'any' })
      const ranked = rank(matches, {
        board,
        objective: undefined,
        timeLeftMs: deadlineMs,
        now: Date.now(),
        measurementsLastMs: policy.measurementsLastMs,
        random: Math.random,
      })
      const candidates = ranked.map(({ candidate }) => candidate)
      if (candidates.length > 0) return { name: nameOf(offer), candidates }
    }
  }
  return undefined
}

/** What a rollout tries or has replaced comes after all others, of those the latest first. */
function byPart(a: Pick<Offer, 'part'>, b: Pick<Offer, 'part'>): number {
  return rankOf(b) - rankOf(a)
}

function rankOf({ part }: Pick<Offer, 'part'>): number {
  const comesAfter = part?.role === 'candidate' || part?.role === 'superseded'
  return comesAfter ? part.rollout.startedAt : Number.MAX_SAFE_INTEGER
}

/** The text's direction, of length 1. Throws as a call of the model does, `invalid_input` when it knows none of the words. */
export async function embedText(
  { candidates, name }: Embedder,
  text: string,
  deadlineMs: number,
  { env, board, requestId, trace }: EmbedContext,
): Promise<Float32Array> {
  const { reply } = await dispatch(
    candidates,
    {
      door: task,
      headers: { 'content-type': 'text/plain' },
      body: new TextEncoder().encode(text),
      deadlineMs,
      // search has words to fall back on
      priority: 'low',
      expiresAt: Date.now() + deadlineMs,
      requestId,
      trace,
    },
    { transports, env, board },
  )
  if ('complaint' in reply) throw problemError(reply.complaint)
  const { body } = reply.answer
  const answer = body instanceof Uint8Array ? parseJson(body, `[${name}] the answer`) : undefined
  const [only, ...others] = Array.isArray(answer) ? answer : []
  // flat, or the only row of a list
  const vector: unknown = others.length === 0 && Array.isArray(only) ? only : answer
  if (!isVector(vector))
    throw new MeshError('bad_gateway', `[${name}] did not answer one embedding`)
  return unit(vector)
}

function unit(numbers: readonly number[]): Float32Array {
  const length = Math.hypot(...numbers) || 1
  return Float32Array.from(numbers, (value) => value / length)
}
