import { z } from 'zod'

import type { Part } from './path-group.ts'

/** What a caller may send, as OpenAPI 3.1 has it: fields with a default may be left out. */
export function requestSchema(schema: z.ZodType): Part {
  return withoutDialect(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }))
}

/** What is answered; members may be added to it later. */
export function answerSchema(schema: z.ZodType): Part {
  return withoutDialect(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }))
}

/** The dialect is said once, by the document. */
function withoutDialect({ $schema: _, ...schema }: Part): Part {
  return schema
}
