import { Hono, type Context } from 'hono'

import { huggingFaceError } from '#shared/hugging-face/hugging-face-error.ts'
import { paceRetries } from '#shared/hugging-face/pace-retries.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { answerErrorsAs } from '#shared/problem.ts'

import { requireKey } from '../authenticate.ts'
import { constraintsOf } from '../constraints.ts'
import type { RouterApp } from '../env.ts'
import { findNamed } from '../registry/find-named.ts'
import { huggingFaceDoor } from './hugging-face-door.ts'
import { findCandidates, perform, readInTime, sendAnswer } from '../perform.ts'
import { snapshotOf } from '../registry/request-snapshot.ts'
import { requirePlainBody } from '../require-plain-body.ts'

/**
 * What Hugging Face's inference clients post to, as their `endpointUrl` or `base_url`: a model's id, or a
 * capability, which looks like an id of their hub; with or without the pipeline that their own API names.
 */
export function huggingFaceRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()
  const shape = answerErrorsAs(huggingFaceError)
  // a POST to no address fails in their shape too; what is read here is the catalogue's
  app.use((c, next) => (c.req.method === 'POST' ? shape(c, next) : next()))
  const guards = [paceRetries, requireKey('infer')] as const

  app.post('/:id', ...guards, (c) => infer(c, c.req.param('id')))
  app.post('/:task/:domain', ...guards, (c) => infer(c, capabilityOf(c.req.param())))
  app.post('/:id/pipeline/:pipeline', ...guards, (c) =>
    infer(c, c.req.param('id'), c.req.param('pipeline')),
  )
  app.post('/:task/:domain/pipeline/:pipeline', ...guards, (c) =>
    infer(c, capabilityOf(c.req.param()), c.req.param('pipeline')),
  )
  return app
}

function capabilityOf({ task, domain }: { task: string; domain: string }): string {
  return `${task}/${domain}`
}

async function infer(c: Context<RouterApp>, name: string, pipeline?: string): Promise<Response> {
  const started = Date.now()
  const { capability, pin } = await findNamed(c, name)
  const [task = ''] = capability.split('/')
  if (pipeline !== undefined && pipeline !== task) {
    throw new MeshError('invalid_request', `${name} is for ${task}, not ${pipeline.slice(0, 64)}`)
  }
  const { headers } = c.req.raw
  const constraints = constraintsOf(headers, pin)
  requirePlainBody(c)
  const candidates = await findCandidates(c, capability, constraints)
  const answer = await perform(c, {
    door: huggingFaceDoor(await snapshotOf(c), headers),
    candidates,
    constraints,
    started,
    body: await readInTime(c, `[${capability}]`, constraints.deadlineMs),
    headers: { 'content-type': headers.get('content-type') ?? '' },
  })
  return sendAnswer(c, answer)
}
