import { Hono } from 'hono'
import { z } from 'zod'

import { describeIssues } from '#shared/describe-issues.ts'
import { parseJson } from '#shared/json.ts'
import { Capability, TensorSpec } from '#shared/manifest.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { readBody } from '#shared/read-body.ts'

import { requireKey } from './authenticate.ts'
import { ConstraintFields, constraintsOf } from './constraints.ts'
import type { RouterApp } from './env.ts'
import { explainWanted, requireOffers } from './find-candidates.ts'
import { lookTwice } from './perform.ts'

const MAX_QUESTION_BYTES = 64 * 1024
const MAX_TENSORS = 32
/** Of the deployments of a capability; how many more there are is told. */
const MAX_EXPLAINED = 200

/** The body of `POST /explain`: a request without its input, which is only described. */
export const Question = z.strictObject({
  capability: Capability,
  constraints: ConstraintFields.optional(),
  /** Whether it comes through the task level, as text or media, or as tensors. */
  door: z.enum(['task', 'tensor']).default('task'),
  has: z
    .strictObject({
      mediaType: z.string().max(128).optional(),
      bytes: z.int().min(0).optional(),
      tensors: z.array(TensorSpec).max(MAX_TENSORS).optional(),
    })
    .default({}),
})
export type Question = z.infer<typeof Question>

/** `POST /explain`: which deployments would be asked, in which order and why, and why not the others. Nothing runs. */
export function explainRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()
  app.use(requireKey('infer'))

  app.post('/', async (c) => {
    const body = await readBody(c.req.raw, MAX_QUESTION_BYTES, 'the question:')
    const parsed = Question.safeParse(parseJson(body, 'the question'))
    if (!parsed.success) throw new MeshError('invalid_request', describeIssues(parsed.error))
    const { capability, door, has } = parsed.data
    const constraints = constraintsOf(c.req.raw.headers, parsed.data.constraints)
    const explanation = await lookTwice(c, (snapshot) => {
      const offers = requireOffers(snapshot, capability, constraints)
      const key = c.get('key').id
      const wanted = { door, name: capability, offers, constraints, key, has }
      return explainWanted(snapshot, wanted, c.get('board'), MAX_EXPLAINED)
    })
    return c.json({ capability, constraints, ...explanation })
  })
  return app
}
