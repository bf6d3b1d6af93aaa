import { withinDeadline } from '#shared/deadline.ts'
import { isErrorCode, type ErrorCode } from '#shared/error-codes.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { toProblem, type Problem } from '#shared/problem.ts'
import { DEADLINE_HEADER, REQUEST_ID_HEADER } from '#shared/protocol.ts'
import { traceparentOf, type Trace } from '#shared/trace.ts'

import type { Door, NodeAnswer } from '../door.ts'
import type { RouterBindings } from '../env.ts'
import type { Priority } from '../resilience/waiting-line.ts'
import type { Candidate } from '../registry/snapshot.ts'
import type { NodeCall, Transport } from '../transport.ts'

/** The caller's own doing, by status: any other deployment of the model would say the same. */
const CALLERS_ERRORS = new Map<number, ErrorCode>([
  [400, 'invalid_request'],
  [413, 'payload_too_large'],
  [415, 'media_type_unsupported'],
  [422, 'invalid_input'],
])

export interface DispatchRequest {
  door: Door
  /** Of the caller's headers, those that say what the body is; credentials and cookies are never among them. */
  headers: Readonly<Record<string, string>>
  body: Uint8Array
  /** When the caller stops waiting, in ms since the epoch. */
  expiresAt: number
  deadlineMs: number
  /** Who waits first, and who is refused first, where there is no room. */
  priority: Priority
  /** Whether the caller named the version, which no rollout then chooses. */
  pinned?: boolean
  requestId: string
  trace: Trace
}

/** What a node said: its answer, or its complaint of the request. */
export type NodeReply = { serverTiming: string | null } & (
  | { answer: NodeAnswer }
  | { complaint: Problem }
)

export interface AttemptOptions {
  /** Milliseconds it may take. */
  timeout: number
  /** Of the call itself. */
  spanId: string
  transport: Transport
  env: RouterBindings
  /** Ends the call: here when it failed, elsewhere when nobody wants its answer any more. */
  controller: AbortController
}

/** Calls one deployment. Throws a MeshError for everything that another deployment may not have. */
export async function attempt(
  deployment: Candidate,
  request: DispatchRequest,
  { timeout, spanId, transport, env, controller }: AttemptOptions,
): Promise<NodeReply> {
  try {
    const reply = await withinDeadline(
      async () => {
        const response = await transport.call(
          deployment,
          {
            path: request.door.path(deployment),
            headers: nodeHeaders(request, timeout, spanId),
            body: request.body,
            signal: controller.signal,
          },
          env,
        )
        return readReply(response, deployment, request.door)
      },
      timeout,
      deployment.node,
    )
    if ('answer' in reply && reply.answer.body instanceof ReadableStream) {
      setTimeout(() => controller.abort(), request.expiresAt - Date.now())
    }
    return reply
  } catch (err) {
    controller.abort()
    throw toFailure(err, deployment)
  }
}

function nodeHeaders(
  { headers, trace, requestId }: DispatchRequest,
  timeout: number,
  spanId: string,
): NodeCall['headers'] {
  return {
    ...headers,
    traceparent: traceparentOf(trace, spanId),
    [DEADLINE_HEADER]: String(timeout),
    [REQUEST_ID_HEADER]: requestId,
  }
}

async function readReply(response: Response, candidate: Candidate, door: Door): Promise<NodeReply> {
  const serverTiming = response.headers.get('server-timing')
  return response.status === 200
    ? { serverTiming, answer: await door.accept(response, candidate) }
    : { serverTiming, complaint: await readComplaint(response, candidate, door) }
}

async function readComplaint(
  response: Response,
  candidate: Candidate,
  door: Door,
): Promise<Problem> {
  const { node } = candidate
  const { status } = response
  const problem = await door.readProblem(response, candidate)
  const callers = CALLERS_ERRORS.get(status)
  if (callers !== undefined && problem?.retryable !== true) {
    return problem ?? toProblem(new MeshError(callers, `${node} refused the request`))
  }
  if (!problem) {
    // what is no answer of the node protocol comes from something in between: a platform, a proxy
    const code = comesFromAProxy(status) ? 'unreachable' : 'bad_gateway'
    throw new MeshError(
      code,
      `${node} answered ${status} without a problem document`,
      retryAfterOf(response),
    )
  }
  // a node that doesn't know the model, or refuses the router, contradicts the registry
  const contradicts = status < 500 && status !== 429
  const code = !contradicts && isErrorCode(problem.code) ? problem.code : 'bad_gateway'
  // its words are not for our log: they may repeat what it was sent, and its own log has them
  throw new MeshError(code, `${node} answered ${status} ${problem.code}`, retryAfterOf(response))
}

/** Who couldn't reach the node says so by these; Cloudflare by 520 to 530. */
function comesFromAProxy(status: number): boolean {
  return [429, 502, 503, 504].includes(status) || (status >= 520 && status <= 530)
}

/** Whole seconds only: a date would need the node's clock to be ours. */
function retryAfterOf({ headers }: Response): { retryAfter?: number } {
  const seconds = headers.get('retry-after') ?? ''
  return /^\d{1,6}$/.test(seconds) ? { retryAfter: Number(seconds) } : {}
}

/** What one node can't do in time, or at all, another may. */
const FAILURES: ReadonlySet<ErrorCode> = new Set(['deadline_exceeded', 'unsupported'])

/** The failure of an attempt is never the caller's doing, whatever was thrown on the way. */
function toFailure(err: unknown, { node }: Candidate): MeshError {
  if (err instanceof MeshError && (err.retryable || FAILURES.has(err.code))) return err
  return new MeshError('unreachable', `${node} could not be reached`, {
    cause: err,
    detail: err instanceof Error ? err.message : String(err),
  })
}
