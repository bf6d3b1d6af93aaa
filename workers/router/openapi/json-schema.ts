import { z } from 'zod'

import type { Part } from './path-group.ts'

/**
 * A schema as OpenAPI 3.1 has it: of a request as it is sent, so that fields with a default may be left out, and
 * of an answer open for members to come. The dialect is said once, by the document.
 */
export function jsonSchema(schema: z.ZodType): Part {
  const { $schema: _, ...own } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return own
}
