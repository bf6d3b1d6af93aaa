import { Hono, type Context } from 'hono'
import { z } from 'zod'

import { parseJson } from '#shared/json.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { MAX_BODY_BYTES } from '#shared/protocol.ts'
import { readBody } from '#shared/read-body.ts'

import { requireKey } from './authenticate.ts'
import { rankCandidates } from './candidates.ts'
import { constraintsFromHeaders, Envelope, type Constraints } from './constraints.ts'
import { describeRoute, dispatch, type Attempt } from './dispatch.ts'
import type { RouterApp } from './env.ts'
import { nearest } from './nearest.ts'
import { RegistryStore } from './registry-store.ts'
import type { Deployment, Snapshot } from './snapshot.ts'
import { binding } from './transports/binding.ts'
import { http } from './transports/http.ts'

const transports = { binding, http }

/** The main doors: `POST /infer/{task}/{domain}` with the input as body, `POST /infer` with an envelope. */
export function inferRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()
  app.use(requireKey('infer'))

  app.post('/:task/:domain', async (c) => {
    const constraints = constraintsFromHeaders(c.req.raw.headers)
    const expiresAt = Date.now() + constraints.deadlineMs
    const capability = `${c.req.param('task')}/${c.req.param('domain')}`
    const deployments = await findDeployments(c, capability)
    const body = await readBody(c.req.raw, MAX_BODY_BYTES, `[${capability}]`)
    const contentType = c.req.header('content-type') ?? ''
    return answer(c, { capability, deployments, constraints, expiresAt, body, contentType })
  })

  app.post('/', async (c) => {
    const started = Date.now()
    const parsed = Envelope.safeParse(
      parseJson(await readBody(c.req.raw, MAX_BODY_BYTES, 'the envelope:')),
    )
    if (!parsed.success) throw new MeshError('invalid_request', z.prettifyError(parsed.error))
    const { capability, constraints, inputs, parameters } = parsed.data
    return answer(c, {
      capability,
      deployments: await findDeployments(c, capability),
      constraints,
      expiresAt: started + constraints.deadlineMs,
      body: new TextEncoder().encode(JSON.stringify({ inputs, parameters })),
      contentType: 'application/json',
    })
  })
  return app
}

interface Call {
  capability: string
  deployments: readonly Deployment[]
  constraints: Constraints
  expiresAt: number
  body: Uint8Array
  contentType: string
}

async function answer(c: Context<RouterApp>, call: Call): Promise<Response> {
  const candidates = rankCandidates(call.deployments, call.constraints)
  if (candidates.length === 0) {
    throw new MeshError(
      'no_deployment',
      call.deployments.length === 0
        ? `${call.capability} is known, but nothing that offers it is ready`
        : `none of the ${call.deployments.length} deployments of ${call.capability} satisfies the constraints`,
    )
  }
  try {
    const { response, deployment, attempts } = await dispatch(
      candidates,
      {
        contentType: call.contentType,
        body: call.body,
        expiresAt: call.expiresAt,
        deadlineMs: call.constraints.deadlineMs,
        requestId: c.get('requestId'),
        trace: c.get('trace'),
      },
      transports,
      c.env,
    )
    tellRoute(c, attempts)
    c.header('mesh-model', `${deployment.modelId}@${deployment.version}`)
    c.header('mesh-node', deployment.node)
    tellTiming(c, attempts, response.headers.get('server-timing'))
    const type = response.headers.get('content-type') ?? 'application/json'
    // as: the status is one of those a node may answer with a body
    return c.body(response.body ?? '', response.status as 200, { 'content-type': type })
  } catch (err) {
    if (err instanceof MeshError && Array.isArray(err.extensions.attempts)) {
      const attempts: Attempt[] = err.extensions.attempts
      tellRoute(c, attempts)
      tellTiming(c, attempts, null)
    }
    throw err
  }
}

function tellRoute(c: Context, attempts: readonly Attempt[]): void {
  c.header('mesh-route', describeRoute(attempts))
}

function tellTiming(c: Context, attempts: readonly Attempt[], node: string | null): void {
  const entries = attempts.map(({ ms }, i) => `attempt${i + 1};dur=${ms}`)
  // only what a node of ours sends; another server's header is not passed on unread
  if (node !== null && /^node;dur=[\d.]+$/.test(node)) entries.push(node)
  c.header('server-timing', entries.join(', '))
}

/** The deployments of a capability; an unknown one is looked for once more before it is refused. */
async function findDeployments(
  c: Context<RouterApp>,
  capability: string,
): Promise<readonly Deployment[]> {
  const registry = c.get('registry')
  const store = new RegistryStore(c.env)
  let snapshot = await registry.current(store, (work) => c.executionCtx.waitUntil(work))
  let deployments = snapshot.candidates.get(capability)
  if (!deployments?.length) {
    snapshot = await registry.recheck(store)
    deployments = snapshot.candidates.get(capability)
  }
  if (deployments) return deployments
  throw unknownCapability(capability, snapshot)
}

function unknownCapability(capability: string, snapshot: Snapshot): MeshError {
  const suggestions = nearest(capability, snapshot.candidates.keys())
  const hint = suggestions.length > 0 ? `; did you mean ${suggestions.join(' or ')}?` : ''
  return new MeshError(
    'capability_unknown',
    `no model offers '${capability.slice(0, 96)}'${hint} GET /capabilities lists all`,
    { extensions: { nearest: suggestions } },
  )
}
