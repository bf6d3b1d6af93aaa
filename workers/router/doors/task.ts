import { discardBody } from '#shared/discard-body.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { Problem, PROBLEM_MEDIA_TYPE } from '#shared/problem.ts'
import { TOKENS_HEADER } from '#shared/protocol.ts'

import type { Door, NodeAnswer } from '../door.ts'
import { mediaTypeOf } from '#shared/media-type.ts'
import { readAnswer } from '../dispatch/receive-answer.ts'
import { readSmallJson } from '../read-small-json.ts'
import { toldProblem } from '../dispatch/told-problem.ts'

/** Task level: what the model's codec takes and answers. */
export const task: Door = {
  name: 'task',
  kept: true,
  path: ({ modelId, version }) => `/models/${modelId}/versions/${version}`,

  async accept(response, { node, produces }) {
    const bare = mediaTypeOf(response.headers)
    // as the manifest writes it, not as the node did: its parameters could be read otherwise by a browser
    const contentType = produces.find((type) => type === bare)
    if (contentType === undefined) {
      await discardBody(response)
      throw new MeshError(
        'bad_gateway',
        `${node} answered 200 with '${bare}'; its model answers ${produces.join(', ')}`,
      )
    }
    return { contentType, headers: countsOf(response), body: await readAnswer(response, node) }
  },

  async readProblem(response) {
    if (mediaTypeOf(response.headers) !== PROBLEM_MEDIA_TYPE) {
      await discardBody(response)
      return undefined
    }
    const problem = Problem.safeParse(await readSmallJson(response)).data
    return problem && toldProblem(response.status, problem)
  },
}

/** What the node counted of the input; another server's header is not passed on unread. */
function countsOf({ headers }: Response): NodeAnswer['headers'] {
  const tokens = headers.get(TOKENS_HEADER)
  return tokens !== null && /^\d{1,9}$/.test(tokens) ? { [TOKENS_HEADER]: tokens } : {}
}
