import type { ErrorCode } from '#shared/error-codes.ts'
import { log } from '#shared/log.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { asMeshError, codeOf } from '#shared/problem.ts'

import { attempt, type DispatchRequest, type NodeReply } from './attempt.ts'
import type { RouterBindings } from './env.ts'
import { versionKey, type Candidate, type Deployment } from './snapshot.ts'
import type { Transport } from './transport.ts'

/** While others are left to try, an attempt may use this share of the time that is left. */
const ATTEMPT_SHARE = 0.5
/**
 * Complaints of the input that hold for one model: another of the capability may take more pixels, another
 * media type. What is malformed (400) is so for all.
 */
const COMPLAINTS_OF_A_MODEL: ReadonlySet<number> = new Set([413, 415, 422])

/** One call of one deployment, as told in `mesh-route` and in the error when nobody could answer. */
export interface Attempt {
  model: string
  node: string
  placement: Deployment['placement']
  outcome: 'ok' | ErrorCode
  ms: number
}

export interface Dispatched {
  reply: NodeReply
  deployment: Deployment
  attempts: readonly Attempt[]
}

/** Nobody answered. Knows what was tried, for the headers as for the problem document. */
export class DispatchError extends MeshError {
  readonly attempts: readonly Attempt[]

  constructor(code: ErrorCode, message: string, attempts: readonly Attempt[]) {
    super(code, message, { retryAfter: 1, extensions: { attempts } })
    this.attempts = attempts
  }
}

/**
 * Tries the candidates in order until one answers. Goes on to the next only on an error that another
 * may not have: on a model's complaint of the input to another model, never to the same. When none
 * answers, the first complaint is returned as the node said it; without one, throws DispatchError.
 */
export async function dispatch(
  candidates: readonly Candidate[],
  request: DispatchRequest,
  transports: Readonly<Record<Deployment['transport'], Transport>>,
  env: RouterBindings,
): Promise<Dispatched> {
  const attempts: Attempt[] = []
  let complaint: Omit<Dispatched, 'attempts'> | undefined
  let untried = candidates
  for (;;) {
    const [deployment, ...others] = untried
    const left = request.expiresAt - Date.now()
    if (!deployment || left <= 0) break
    untried = others
    const timeout = others.length > 0 ? Math.ceil(left * ATTEMPT_SHARE) : left
    const transport = transports[deployment.transport]
    const started = performance.now()
    const note = (outcome: Attempt['outcome']) => {
      attempts.push({
        model: versionKey({ id: deployment.modelId, version: deployment.version }),
        node: deployment.node,
        placement: deployment.placement,
        outcome,
        ms: Math.round((performance.now() - started) * 100) / 100,
      })
    }
    try {
      const reply = await attempt(deployment, request, timeout, transport, env)
      note('complaint' in reply ? codeOf(reply.complaint) : 'ok')
      if ('answer' in reply) return { reply, deployment, attempts }
      complaint ??= { reply, deployment }
      if (!COMPLAINTS_OF_A_MODEL.has(reply.complaint.status)) break
      untried = others.filter(({ modelId }) => modelId !== deployment.modelId)
    } catch (err) {
      const failure = asMeshError(err)
      note(failure.code)
      log.warn('attempt_failed', {
        request: request.requestId,
        deployment: deployment.id,
        code: failure.code,
        message: failure.message,
        detail: failure.detail,
      })
    }
  }
  if (complaint) return { ...complaint, attempts }
  throw nobodyAnswered(attempts, request)
}

function nobodyAnswered(attempts: readonly Attempt[], request: DispatchRequest): DispatchError {
  if (Date.now() >= request.expiresAt || attempts.at(-1)?.outcome === 'deadline_exceeded') {
    return new DispatchError(
      'deadline_exceeded',
      `no answer within ${request.deadlineMs} ms`,
      attempts,
    )
  }
  const [first, ...others] = new Set(attempts.map(({ outcome }) => outcome))
  const code =
    others.length === 0 && first !== undefined && first !== 'ok' ? first : 'no_deployment'
  return new DispatchError(code, `none of ${attempts.length} deployments could answer`, attempts)
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
