import { z } from 'zod'

import { errorAnswers } from './error-answers.ts'
import { requestSchema } from './json-schema.ts'
import { jsonAnswer, jsonBody } from './operation.ts'
import type { PathGroup } from './path-group.ts'

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
      parameters: [
        {
          name: 'accept',
          in: 'header',
          required: true,
          schema: { const: 'application/json, text/event-stream' },
        },
      ],
      requestBody: jsonBody(requestSchema(Message), {
        example: { jsonrpc: '2.0', id: 1, method: 'tools/list' },
      }),
      responses: {
        200: jsonAnswer(
          'The answer to the message, an error of it included',
          z.looseObject({ jsonrpc: z.literal('2.0') }),
        ),
        202: { description: 'A notification was taken' },
        ...errorAnswers('JsonRpcError', {
          codes: ['invalid_request', 'payload_too_large', 'deadline_exceeded'],
        }),
      },
    },
  },
})
