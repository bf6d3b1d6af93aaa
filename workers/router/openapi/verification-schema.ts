import { z } from 'zod'

/** What came of running a model's examples on a deployment, as answers have it. */
export const VerificationSchema = z.looseObject({
  state: z.enum(['pending', 'passed', 'failed', 'unverifiable']),
  detail: z.string().nullable().describe('What was wrong'),
  note: z.string().nullable().describe('Why the latest try came to no verdict'),
  checkedAt: z.number().nullable(),
})
