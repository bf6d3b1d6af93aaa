import { z } from 'zod'

import { isErrorCode } from '#shared/error-codes.ts'

import { LogPage } from '../log-page.ts'

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
  ...LogPage.shape,
})
export type DecisionQuery = z.infer<typeof DecisionQuery>
