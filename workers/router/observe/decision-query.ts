import { z } from 'zod'

import { isErrorCode } from '#shared/error-codes.ts'

const DEFAULT_ROWS = 100
const MAX_ROWS = 500

/** The query of `GET /admin/decisions`. */
export const DecisionQuery = z.strictObject({
  request: z
    .string()
    .regex(/^[\w.-]{1,64}$/)
    .optional(),
  /** `<id>` or `<id>@<version>` of the model that answered. */
  model: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,63}(@[\d.]{1,16})?$/)
    .optional(),
  outcome: z
    .string()
    .refine((value) => value === 'ok' || isErrorCode(value), 'must be ok or the code of an error')
    .optional(),
  limit: z.coerce.number().int().min(1).max(MAX_ROWS).default(DEFAULT_ROWS),
  /** Only what is older than the decision of this id: `next` of the page before. */
  before: z.coerce.number().int().min(1).optional(),
})
export type DecisionQuery = z.infer<typeof DecisionQuery>
