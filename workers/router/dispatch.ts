import { isErrorCode, type ErrorCode } from '#shared/error-codes.ts'
import { log } from '#shared/log.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { Problem, PROBLEM_MEDIA_TYPE } from '#shared/problem.ts'
import { DEADLINE_HEADER, REQUEST_ID_HEADER } from '#shared/protocol.ts'
import { readBody } from '#shared/read-body.ts'

import type { RouterBindings } from './env.ts'
import type { Deployment } from './snapshot.ts'
import { traceparentOf, type Trace } from './trace.ts'
import type { Transport } from './transport.ts'

/** Statuses that are the caller's own doing; any other deployment would answer the same. */
const CALLERS_ERRORS = new Set([400, 413, 415, 422])
/** A problem document is small; more is not read. */
const MAX_PROBLEM_BYTES = 64 * 1024
/** While others are left to try, an attempt may use this share of the time that is left. */
const ATTEMPT_SHARE = 0.5

export interface DispatchRequest {
  contentType: string
  body: Uint8Array
  /** When the caller stops waiting, in ms since the epoch. */
  expiresAt: number
  deadlineMs: number
  requestId: string
  trace: Trace
}

/** One call of one deployment, as told in `mesh-route` and in the error when nobody could answer. */
export interface Attempt {
  model: string
  node: string
  placement: Deployment['placement']
  /** `refused`: the node answered that the caller's input is wrong. */
  outcome: 'ok' | 'refused' | ErrorCode
  ms: number
}

export interface Dispatched {
  response: Response
  deployment: Deployment
  attempts: readonly Attempt[]
}

/**
 * Tries the candidates in order until one answers. Goes on to the next only on an error that another
 * may not have; a caller's own error is returned as the node said it. Throws when nobody answered.
 */
export async function dispatch(
  candidates: readonly Deployment[],
  request: DispatchRequest,
  transports: Readonly<Record<Deployment['transport'], Transport>>,
  env: RouterBindings,
): Promise<Dispatched> {
  const attempts: Attempt[] = []
  for (const [i, deployment] of candidates.entries()) {
    const left = request.expiresAt - Date.now()
    if (left <= 0) break
    const timeout = i < candidates.length - 1 ? Math.ceil(left * ATTEMPT_SHARE) : left
    const started = performance.now()
    const note = (outcome: Attempt['outcome']) =>
      attempts.push({
        model: `${deployment.modelId}@${deployment.version}`,
        node: deployment.node,
        placement: deployment.placement,
        outcome,
        ms: Math.round((performance.now() - started) * 100) / 100,
      })
    try {
      const response = await attempt(
        deployment,
        request,
        timeout,
        transports[deployment.transport],
        env,
      )
      note(response.ok ? 'ok' : 'refused')
      return { response, deployment, attempts }
    } catch (err) {
      const known = toFailure(err, deployment)
      note(known.code)
      log.warn('attempt_failed', {
        request: request.requestId,
        deployment: deployment.id,
        code: known.code,
        message: known.message,
        detail: known.detail,
      })
    }
  }
  throw nobodyAnswered(attempts, request)
}

async function attempt(
  deployment: Deployment,
  request: DispatchRequest,
  timeout: number,
  transport: Transport,
  env: RouterBindings,
): Promise<Response> {
  const response = await transport.call(
    deployment,
    {
      path: `/models/${deployment.modelId}/versions/${deployment.version}`,
      headers: new Headers({
        'content-type': request.contentType,
        traceparent: traceparentOf(request.trace),
        [DEADLINE_HEADER]: String(timeout),
        [REQUEST_ID_HEADER]: request.requestId,
      }),
      body: request.body,
      signal: AbortSignal.timeout(timeout),
    },
    env,
  )
  const type = response.headers.get('content-type') ?? ''
  if (response.status === 200 && type.startsWith('application/json')) return response
  if (type.startsWith(PROBLEM_MEDIA_TYPE)) {
    if (CALLERS_ERRORS.has(response.status)) return response
    throw await readProblem(response, deployment)
  }
  await response.body?.cancel()
  // what is no answer of the node protocol comes from something in between: a platform, a proxy
  const code = response.status === 503 || response.status === 429 ? 'unreachable' : 'bad_gateway'
  throw new MeshError(code, `${deployment.node} answered ${response.status} ${type}`)
}

async function readProblem(response: Response, { node }: Deployment): Promise<MeshError> {
  const text = new TextDecoder().decode(await readBody(response, MAX_PROBLEM_BYTES, `[${node}]`))
  const problem = Problem.safeParse(JSON.parse(text))
  if (!problem.success || !isErrorCode(problem.data.code)) {
    return new MeshError(
      'bad_gateway',
      `${node} answered ${response.status} with an unknown problem`,
    )
  }
  const { code, detail } = problem.data
  // a node that doesn't know the model, or refuses the router, contradicts the registry: not the caller's doing
  const ours = response.status < 500 && response.status !== 429
  return new MeshError(ours ? 'bad_gateway' : code, detail)
}

function toFailure(err: unknown, { node }: Deployment): MeshError {
  if (err instanceof MeshError) return err
  if (err instanceof DOMException && (err.name === 'TimeoutError' || err.name === 'AbortError')) {
    return new MeshError('deadline_exceeded', `${node} gave no answer in its time`)
  }
  return new MeshError('unreachable', `${node} could not be reached`, {
    cause: err,
    detail: err instanceof Error ? err.message : String(err),
  })
}

function nobodyAnswered(attempts: readonly Attempt[], request: DispatchRequest): MeshError {
  const extensions = { attempts }
  if (Date.now() >= request.expiresAt || attempts.at(-1)?.outcome === 'deadline_exceeded') {
    return new MeshError('deadline_exceeded', `no answer within ${request.deadlineMs} ms`, {
      extensions,
    })
  }
  const codes = new Set(attempts.map(({ outcome }) => outcome))
  const [only] = codes
  const code = codes.size === 1 && isErrorCode(only) ? only : 'no_deployment'
  return new MeshError(code, `none of ${attempts.length} deployments could answer`, {
    extensions,
    retryAfter: 1,
  })
}

/** `mesh-route`: each attempt as `placement/node;model;outcome;ms`, in the order they were made. */
export function describeRoute(attempts: readonly Attempt[]): string {
  return attempts
    .map(
      ({ placement, node, model, outcome, ms }) =>
        `${placement}/${node};${model};${outcome};${ms}ms`,
    )
    .join(', ')
}
