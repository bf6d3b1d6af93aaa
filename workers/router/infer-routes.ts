import { Hono } from 'hono'

import { declaredLength } from '#shared/declared-length.ts'
import { describeIssues } from '#shared/describe-issues.ts'
import { parseJson } from '#shared/json.ts'
import { mediaTypeOf } from '#shared/media-type.ts'
import { MeshError } from '#shared/mesh-error.ts'

import { requireKey } from './authenticate.ts'
import { constraintsOf, Envelope } from './constraints.ts'
import { task } from './doors/task.ts'
import type { RouterApp } from './env.ts'
import type { Wanted } from './find-candidates.ts'
import { findCandidates, perform, readInTime, sendAnswer } from './perform.ts'
import { requirePlainBody } from './require-plain-body.ts'

/** The main doors: `POST /infer/{task}/{domain}` with the input as body, `POST /infer` with an envelope. */
export function inferRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()
  app.use(requireKey('infer'))

  app.post('/:task/:domain', async (c) => {
    const started = Date.now()
    const capability = `${c.req.param('task')}/${c.req.param('domain')}`
    const constraints = constraintsOf(c.req.raw.headers)
    requirePlainBody(c)
    const candidates = await findCandidates(c, capability, constraints, bodyOf(c.req.raw.headers))
    const body = await readInTime(c, `[${capability}]`, constraints.deadlineMs)
    const headers = { 'content-type': c.req.header('content-type') ?? '' }
    return sendAnswer(
      c,
      await perform(c, { door: task, candidates, constraints, started, body, headers }),
    )
  })

  app.post('/', async (c) => {
    const started = Date.now()
    requirePlainBody(c)
    const { deadlineMs: headerMs } = constraintsOf(c.req.raw.headers)
    const envelope = await readInTime(c, 'the envelope:', headerMs)
    const parsed = Envelope.safeParse(parseJson(envelope, 'the envelope'))
    if (!parsed.success) throw new MeshError('invalid_request', describeIssues(parsed.error))
    const { capability, inputs, parameters } = parsed.data
    const constraints = constraintsOf(c.req.raw.headers, parsed.data.constraints)
    const candidates = await findCandidates(c, capability, constraints)
    const body = new TextEncoder().encode(JSON.stringify({ inputs, parameters }))
    const headers = { 'content-type': 'application/json' }
    return sendAnswer(
      c,
      await perform(c, { door: task, candidates, constraints, started, body, headers }),
    )
  })
  return app
}

/** What the headers say of the body. JSON has text or media inside, which only the node measures. */
function bodyOf(headers: Headers): Wanted['has'] {
  const mediaType = mediaTypeOf(headers)
  const bytes = declaredLength(headers) ?? 0
  return mediaType === 'application/json' ? {} : { mediaType, bytes }
}
