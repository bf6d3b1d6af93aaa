import { z } from 'zod'

import { ERROR_CODES, type ErrorCode } from '#shared/error-codes.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { Problem, toProblem } from '#shared/problem.ts'
import { INFERENCE_HEADER } from '#shared/protocol.ts'

import type { Door } from '../door.ts'
import { mediaTypeOf } from '../media-type.ts'
import { readSmallJson } from '../read-small-json.ts'
import { readAnswer } from '../receive-answer.ts'

/**
 * What a server of the protocol says of an error; ours send a whole problem with it. MLServer and KServe
 * are FastAPI underneath, which says in `detail` what it refuses itself.
 */
const OipErrorBody = z.union([
  z.looseObject({ error: z.string() }).transform(({ error }) => error),
  z.looseObject({ detail: z.unknown() }).transform(({ detail }) => textOf(detail)),
])

/** What another server's status means here. Others are `bad_gateway`. */
const CODES: ReadonlyMap<number, ErrorCode> = new Map([
  [400, 'invalid_request'],
  [404, 'model_unknown'],
  [413, 'payload_too_large'],
  [415, 'media_type_unsupported'],
  [422, 'invalid_input'],
  [429, 'queue_full'],
  [503, 'overloaded'],
  [504, 'deadline_exceeded'],
])

/** No more of another server's words is passed on. */
const MAX_ERROR_CHARS = 1_000

/** Tensor level: Open Inference Protocol v2. Neither the request nor the answer is parsed here. */
export const tensor: Door = {
  path: ({ modelId, version }) => `/v2/models/${modelId}/versions/${version}/infer`,

  async accept(response, { node }) {
    const bytesOfJson = response.headers.get(INFERENCE_HEADER)
    if (bytesOfJson !== null && /^\d{1,10}$/.test(bytesOfJson)) {
      const body = await readAnswer(response, node)
      const headers = { [INFERENCE_HEADER]: bytesOfJson }
      return { contentType: 'application/octet-stream', headers, body }
    }
    const type = mediaTypeOf(response.headers)
    if (bytesOfJson === null && type === 'application/json') {
      return { contentType: type, headers: {}, body: await readAnswer(response, node) }
    }
    await response.body?.cancel()
    throw new MeshError(
      'bad_gateway',
      `${node} answered 200 with '${type}' and ${INFERENCE_HEADER} '${bytesOfJson ?? ''}', which is no answer of the Open Inference Protocol`,
    )
  },

  async readProblem(response, { transport }) {
    if (!/\bjson$/.test(mediaTypeOf(response.headers))) {
      await response.body?.cancel()
      return undefined
    }
    const body = await readSmallJson(response)
    // of somebody else's server only the text: its codes and fields could mean anything
    const problem = transport === 'oip' ? undefined : Problem.safeParse(body).data
    if (problem) {
      // written anew, from `detail`
      const { error: _, ...own } = problem
      return own
    }
    const error = OipErrorBody.safeParse(body).data
    return error === undefined ? undefined : foreignProblem(response.status, error)
  },
}

function textOf(detail: unknown): string {
  return typeof detail === 'string' ? detail : (JSON.stringify(detail) ?? '')
}

function foreignProblem(status: number, error: string): Problem {
  const code = CODES.get(status) ?? 'bad_gateway'
  const text = Array.from(error).slice(0, MAX_ERROR_CHARS).join('')
  return toProblem(new MeshError(code, text === '' ? ERROR_CODES[code].title : text))
}
