import { Hono, type Context } from 'hono'
import { z } from 'zod'

import { withinDeadline } from '#shared/deadline.ts'
import { parseJson } from '#shared/json.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { MAX_BODY_BYTES } from '#shared/protocol.ts'
import { readBody } from '#shared/read-body.ts'

import { requireKey } from './authenticate.ts'
import { constraintsOf, Envelope, type Constraints } from './constraints.ts'
import { describeRoute, dispatch, DispatchError, type Attempt } from './dispatch.ts'
import type { RouterApp } from './env.ts'
import { requireCandidates } from './find-candidates.ts'
import { recheckedSnapshotOf, snapshotOf } from './request-snapshot.ts'
import type { Candidate } from './snapshot.ts'
import { transports } from './transports.ts'

/** The main doors: `POST /infer/{task}/{domain}` with the input as body, `POST /infer` with an envelope. */
export function inferRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()
  app.use(requireKey('infer'))

  app.post('/:task/:domain', async (c) => {
    const started = Date.now()
    const capability = `${c.req.param('task')}/${c.req.param('domain')}`
    const constraints = constraintsOf(c.req.raw.headers)
    requirePlainBody(c)
    const candidates = await findCandidates(c, capability, constraints)
    const body = await readInTime(c, `[${capability}]`, constraints.deadlineMs)
    const contentType = c.req.header('content-type') ?? ''
    return answer(c, { candidates, constraints, started, body, contentType })
  })

  app.post('/', async (c) => {
    const started = Date.now()
    requirePlainBody(c)
    const { deadlineMs } = constraintsOf(c.req.raw.headers)
    const body = await readInTime(c, 'the envelope:', deadlineMs)
    const parsed = Envelope.safeParse(parseJson(body, 'the envelope'))
    if (!parsed.success) throw new MeshError('invalid_request', z.prettifyError(parsed.error))
    const { capability, inputs, parameters } = parsed.data
    const constraints = constraintsOf(c.req.raw.headers, parsed.data.constraints)
    return answer(c, {
      candidates: await findCandidates(c, capability, constraints),
      constraints,
      started,
      body: new TextEncoder().encode(JSON.stringify({ inputs, parameters })),
      contentType: 'application/json',
    })
  })
  return app
}

interface Call {
  candidates: readonly Candidate[]
  constraints: Constraints
  /** When the request came in, in ms since the epoch. */
  started: number
  contentType: string
  body: Uint8Array
}

async function answer(c: Context<RouterApp>, call: Call): Promise<Response> {
  const { deadlineMs } = call.constraints
  const request = {
    contentType: call.contentType,
    body: call.body,
    expiresAt: call.started + deadlineMs,
    deadlineMs,
    requestId: c.get('requestId'),
    trace: c.get('trace'),
  }
  const dispatched = await dispatch(call.candidates, request, transports, c.env).catch(
    (err: unknown) => {
      if (err instanceof DispatchError) tellRoute(c, err.attempts, null)
      throw err
    },
  )
  const { answer: given, deployment, attempts } = dispatched
  tellRoute(c, attempts, given.serverTiming)
  c.header('mesh-model', `${deployment.modelId}@${deployment.version}`)
  c.header('mesh-node', deployment.node)
  // as: the status is one of those a node may answer with a body
  return c.body(given.body, given.status as 200, { 'content-type': given.contentType })
}

function tellRoute(c: Context, attempts: readonly Attempt[], node: string | null): void {
  c.header('mesh-route', describeRoute(attempts))
  const entries = attempts.map(({ ms }, i) => `attempt${i + 1};dur=${ms}`)
  // only what a node of ours sends; another server's header is not passed on unread
  if (node !== null && /^node;dur=[\d.]{1,16}$/.test(node)) entries.push(node)
  c.header('server-timing', entries.join(', '))
}

/** What seems unknown or not ready is looked for once more before it is refused. */
async function findCandidates(
  c: Context<RouterApp>,
  capability: string,
  constraints: Constraints,
): Promise<Candidate[]> {
  const snapshot = await snapshotOf(c)
  try {
    return requireCandidates(snapshot, capability, constraints)
  } catch (err) {
    const rechecked = await recheckedSnapshotOf(c)
    if (rechecked === snapshot) throw err
    return requireCandidates(rechecked, capability, constraints)
  }
}

/** A compressed body would reach the model as noise, and its true size is not known. */
function requirePlainBody(c: Context): void {
  const encoding = c.req.header('content-encoding') ?? 'identity'
  if (encoding.toLowerCase() === 'identity') return
  throw new MeshError('media_type_unsupported', 'send the body without a content-encoding')
}

/** A caller that sends slowly spends its own deadline. */
function readInTime(c: Context, who: string, deadlineMs: number): Promise<Uint8Array> {
  return withinDeadline(() => readBody(c.req.raw, MAX_BODY_BYTES, who), deadlineMs, who)
}
