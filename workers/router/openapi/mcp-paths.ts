import { z } from 'zod'

import { errorAnswers } from './error-answers.ts'
import { jsonSchema } from './json-schema.ts'
import { jsonAnswer, jsonBody } from './operation.ts'
import type { Part, PathGroup } from './path-group.ts'

const Message = z.looseObject({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.string(), z.int()]).optional().describe('Left out of a notification'),
  method: z.string(),
  params: z.looseObject({}).optional(),
})

/** Model Context Protocol: one address, JSON-RPC inside. */
export const mcpPaths: PathGroup = () => ({
  '/mcp': {
    post: {
      tags: ['model context protocol'],
      summary: 'One message over streamable HTTP, without sessions',
      description:
        'Accept both `application/json` and `text/event-stream`, as the protocol asks of its clients.',
      requestBody: jsonBody(jsonSchema(Message), {
        example: { jsonrpc: '2.0', id: 1, method: 'tools/list' },
      }),
      responses: {
        200: jsonAnswer(
          'The answer to the message, an error of it included',
          z.looseObject({ jsonrpc: z.literal('2.0') }),
        ),
        202: { description: 'A notification was taken' },
        406: refused('`accept` lacks one of the two'),
        415: refused('The body is not `application/json`'),
        ...errorAnswers('JsonRpcError', {
          codes: ['invalid_request', 'payload_too_large', 'deadline_exceeded'],
        }),
      },
    },
  },
})

/** What the protocol itself refuses, before any code of the mesh. */
function refused(description: string): Part {
  const schema = { $ref: '#/components/schemas/JsonRpcError' }
  return { description, content: { 'application/json': { schema } } }
}
