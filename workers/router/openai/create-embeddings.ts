import type { Context } from 'hono'

import { encodeBase64 } from '#shared/base64.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { TOKENS_HEADER } from '#shared/protocol.ts'

import { constraintsOf } from '../constraints.ts'
import type { NodeAnswer } from '../door.ts'
import type { RouterApp } from '../env.ts'
import { findNamed } from '../registry/find-named.ts'
import { findCandidates, perform, readInTime } from '../perform.ts'
import { requirePlainBody } from '../require-plain-body.ts'
import { embeddingsDoor } from './embeddings-door.ts'
import { parseEmbeddingsRequest, type EmbeddingsRequest } from './embeddings-request.ts'

const TASK = 'feature-extraction'

/** `POST /v1/embeddings`: all texts in one call of one node. */
export async function createEmbeddings(c: Context<RouterApp>): Promise<Response> {
  const started = Date.now()
  const { deadlineMs: headerMs } = constraintsOf(c.req.raw.headers)
  requirePlainBody(c)
  const request = parseEmbeddingsRequest(await readInTime(c, 'the request:', headerMs))
  const { capability, pin } = await findNamed(c, request.model)
  if (!capability.startsWith(`${TASK}/`)) {
    throw new MeshError(
      'invalid_request',
      `${request.model} is for ${capability}; embeddings need a model of ${TASK}`,
      { extensions: { param: 'model' } },
    )
  }
  const constraints = constraintsOf(c.req.raw.headers, pin)
  const door = embeddingsDoor(request.input.length)
  const answer = await perform(c, {
    door,
    candidates: await findCandidates(c, capability, constraints),
    constraints,
    started,
    body: new TextEncoder().encode(JSON.stringify({ inputs: request.input })),
    headers: { 'content-type': 'application/json' },
  })
  const vectors = requireDimensions(door.vectorsOf(answer), request)
  return c.json({
    object: 'list',
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: request.encoding_format === 'base64' ? pack(vector) : vector,
    })),
    model: request.model,
    ...usageOf(answer),
  })
}

function requireDimensions(
  vectors: readonly number[][],
  { dimensions }: EmbeddingsRequest,
): readonly number[][] {
  const size = vectors[0]?.length ?? 0
  if (dimensions === undefined || dimensions === size) return vectors
  throw new MeshError(
    'invalid_request',
    `dimensions must be ${size}, the only length that this model's embeddings have, or be left out`,
    { extensions: { param: 'dimensions' } },
  )
}

/** Little-endian float32, as every platform that runs this stores it. */
function pack(vector: readonly number[]): string {
  return encodeBase64(new Uint8Array(Float32Array.from(vector).buffer))
}

/** Left out where the model counts no tokens: none are made up. */
function usageOf({ headers }: NodeAnswer): object {
  const count = headers[TOKENS_HEADER]
  if (count === undefined) return {}
  const tokens = Number(count)
  return { usage: { prompt_tokens: tokens, total_tokens: tokens } }
}
