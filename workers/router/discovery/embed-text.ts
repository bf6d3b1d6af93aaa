import { parseJson } from '#shared/json.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { problemError } from '#shared/problem.ts'

import { poolSize, rankCandidates } from '../candidates.ts'
import { dispatch } from '../dispatch.ts'
import { task } from '../doors/task.ts'
import type { RouterBindings } from '../env.ts'
import { isVector } from '../is-vector.ts'
import type { Candidate, Snapshot } from '../snapshot.ts'
import { versionKey } from '../snapshot.ts'
import type { Trace } from '../trace.ts'
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
  requestId: string
  trace: Trace
}

/**
 * The model that search compares meanings with: of the capability `preferred`, else of the first one that
 * extracts features. undefined when nothing of the kind is ready.
 */
export function findEmbedder(
  { capabilities }: Pick<Snapshot, 'capabilities'>,
  preferred?: string,
): Embedder | undefined {
  const names = Array.from(capabilities.keys()).filter((name) =>
    preferred === undefined ? name.startsWith(EMBEDDING_TASK) : name === preferred,
  )
  for (const name of names.toSorted()) {
    const entry = capabilities.get(name)
    if (!entry || poolSize(entry.pool) === 0) continue
    for (const { manifest } of entry.models) {
      const { id: model, version } = manifest
      const candidates = rankCandidates(entry.pool, { placement: 'any', model, version })
      if (candidates.length > 0) return { name: versionKey(manifest), candidates }
    }
  }
  return undefined
}

/** The text's direction, of length 1. Throws as a call of the model does, `invalid_input` when it knows none of the words. */
export async function embedText(
  { candidates, name }: Embedder,
  text: string,
  deadlineMs: number,
  { env, requestId, trace }: EmbedContext,
): Promise<Float32Array> {
  const { reply } = await dispatch(
    candidates,
    {
      door: task,
      headers: { 'content-type': 'text/plain' },
      body: new TextEncoder().encode(text),
      deadlineMs,
      expiresAt: Date.now() + deadlineMs,
      requestId,
      trace,
    },
    transports,
    env,
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
