import { z } from 'zod'

import { discardBody } from '#shared/discard-body.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { jsonBytesOf } from '#shared/oip/json-bytes.ts'
import { Problem } from '#shared/problem.ts'
import { INFERENCE_HEADER } from '#shared/protocol.ts'

import type { Door } from '../door.ts'
import { mediaTypeOf } from '#shared/media-type.ts'
import { readSmallJson } from '../read-small-json.ts'
import { readAnswer } from '../dispatch/receive-answer.ts'
import { toldProblem } from '../dispatch/told-problem.ts'

/**
 * What a server of the protocol says of an error; ours send a whole problem with it. MLServer and KServe
 * are FastAPI underneath, which says in `detail` what it refuses itself.
 */
const OipErrorBody = z.union([
  z.looseObject({ error: z.string() }).transform(({ error }) => error),
  z.looseObject({ detail: z.unknown() }).transform(({ detail }) => textOf(detail)),
])

/** Tensor level: Open Inference Protocol v2. Neither the request nor the answer is parsed here. */
export const tensor: Door = {
  name: 'tensor',
  // an answer repeats the request's id
  kept: false,
  path: ({ modelId, version }) => `/v2/models/${modelId}/versions/${version}/infer`,

  async accept(response, { node }) {
    const jsonBytes = jsonBytesOf(response.headers, node, 'bad_gateway')
    if (jsonBytes !== undefined) {
      const body = await readAnswer(response, node)
      // of what streams the client finds out
      if (body instanceof Uint8Array && body.byteLength < jsonBytes) {
        throw new MeshError(
          'bad_gateway',
          `${node} ${INFERENCE_HEADER} is ${jsonBytes}; the answer has ${body.byteLength} bytes`,
        )
      }
      const headers = { [INFERENCE_HEADER]: String(jsonBytes) }
      return { contentType: 'application/octet-stream', headers, body }
    }
    const type = mediaTypeOf(response.headers)
    if (type === 'application/json') {
      return { contentType: type, headers: {}, body: await readAnswer(response, node) }
    }
    await discardBody(response)
    throw new MeshError(
      'bad_gateway',
      `${node} answered 200 with '${type}' and no ${INFERENCE_HEADER}, which is no answer of the Open Inference Protocol`,
    )
  },

  async readProblem(response, { transport }) {
    if (!/\bjson$/.test(mediaTypeOf(response.headers))) {
      await discardBody(response)
      return undefined
    }
    const body = await readSmallJson(response)
    // of somebody else's server only the text: its codes and fields could mean anything
    const problem = transport === 'oip' ? undefined : Problem.safeParse(body).data
    if (problem) return toldProblem(response.status, problem)
    const detail = OipErrorBody.safeParse(body).data
    return detail === undefined ? undefined : toldProblem(response.status, { detail })
  },
}

function textOf(detail: unknown): string {
  return typeof detail === 'string' ? detail : (JSON.stringify(detail) ?? '')
}
