import { withinDeadline } from '#shared/deadline.ts'
import { isErrorCode, type ErrorCode } from '#shared/error-codes.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { Problem, PROBLEM_MEDIA_TYPE, toProblem } from '#shared/problem.ts'
import { DEADLINE_HEADER, REQUEST_ID_HEADER } from '#shared/protocol.ts'
import { readBody } from '#shared/read-body.ts'

import type { RouterBindings } from './env.ts'
import { MAX_ANSWER_BYTES, receiveAnswer } from './receive-answer.ts'
import type { Candidate, Deployment } from './snapshot.ts'
import { traceparentOf, type Trace } from './trace.ts'
import type { Transport } from './transport.ts'

/** The caller's own doing, by status: any other deployment of the model would say the same. */
const CALLERS_ERRORS = new Map<number, ErrorCode>([
  [400, 'invalid_request'],
  [413, 'payload_too_large'],
  [415, 'media_type_unsupported'],
  [422, 'invalid_input'],
])
/** A problem document is small; more is not read. */
const MAX_PROBLEM_BYTES = 64 * 1024

export interface DispatchRequest {
  contentType: string
  body: Uint8Array
  /** When the caller stops waiting, in ms since the epoch. */
  expiresAt: number
  deadlineMs: number
  requestId: string
  trace: Trace
}

/** What goes back to the caller as the node said it: its answer, or its complaint of the input. */
export interface NodeAnswer {
  outcome: 'ok' | ErrorCode
  status: number
  contentType: string
  body: string | Awaited<ReturnType<typeof receiveAnswer>>
  serverTiming: string | null
}

/** Calls one deployment. Throws a MeshError for everything that another deployment may not have. */
export async function attempt(
  deployment: Candidate,
  request: DispatchRequest,
  timeout: number,
  transport: Transport,
  env: RouterBindings,
): Promise<NodeAnswer> {
  const controller = new AbortController()
  try {
    const answer = await withinDeadline(
      async () => {
        const response = await transport.call(
          deployment,
          {
            path: `/models/${deployment.modelId}/versions/${deployment.version}`,
            headers: nodeHeaders(request, timeout),
            body: request.body,
            signal: controller.signal,
          },
          env,
        )
        return response.status === 200 ? accept(response, deployment) : refuse(response, deployment)
      },
      timeout,
      deployment.node,
    )
    if (answer.body instanceof ReadableStream) {
      setTimeout(() => controller.abort(), request.expiresAt - Date.now())
    }
    return answer
  } catch (err) {
    controller.abort()
    throw toFailure(err, deployment)
  }
}

/** Nothing of the caller's own headers but the content-type: credentials and cookies stay here. */
function nodeHeaders({ contentType, trace, requestId }: DispatchRequest, timeout: number): Headers {
  return new Headers({
    'content-type': contentType,
    traceparent: traceparentOf(trace),
    [DEADLINE_HEADER]: String(timeout),
    [REQUEST_ID_HEADER]: requestId,
  })
}

async function accept(response: Response, { node, produces }: Candidate): Promise<NodeAnswer> {
  const given = response.headers.get('content-type') ?? ''
  const bare = mediaType(given)
  // as the manifest writes it, not as the node did: its parameters could be read otherwise by a browser
  const contentType = produces.find((type) => type === bare)
  const length = Number(response.headers.get('content-length') ?? 0)
  if (contentType === undefined || length > MAX_ANSWER_BYTES) {
    await response.body?.cancel()
    throw new MeshError(
      'bad_gateway',
      contentType === undefined
        ? `${node} answered 200 with '${given}'; its model answers ${produces.join(', ')}`
        : `${node} answered with ${length} bytes; ${MAX_ANSWER_BYTES} is the most`,
    )
  }
  const body = await receiveAnswer(response.body)
  if (body instanceof Uint8Array && body.byteLength === 0) {
    throw new MeshError('bad_gateway', `${node} answered 200 with an empty body`)
  }
  const serverTiming = response.headers.get('server-timing')
  return { outcome: 'ok', status: 200, contentType, body, serverTiming }
}

async function refuse(response: Response, { node }: Deployment): Promise<NodeAnswer> {
  const { status } = response
  const problem = await readProblem(response)
  const callers = CALLERS_ERRORS.get(status)
  if (callers !== undefined && problem?.retryable !== true) {
    const known = problem && isErrorCode(problem.code) ? problem.code : callers
    const told = problem ?? toProblem(new MeshError(callers, `${node} refused the request`))
    return {
      outcome: known,
      status,
      contentType: PROBLEM_MEDIA_TYPE,
      body: JSON.stringify(told),
      serverTiming: response.headers.get('server-timing'),
    }
  }
  if (!problem) {
    // what is no answer of the node protocol comes from something in between: a platform, a proxy
    const code = status === 503 || status === 429 ? 'unreachable' : 'bad_gateway'
    throw new MeshError(code, `${node} answered ${status} without a problem document`)
  }
  // a node that doesn't know the model, or refuses the router, contradicts the registry
  const contradicts = status < 500 && status !== 429
  const code = !contradicts && isErrorCode(problem.code) ? problem.code : 'bad_gateway'
  throw new MeshError(code, `${node} answered ${status} ${problem.code}`, {
    detail: problem.detail,
  })
}

/** Undefined when the body is no problem document, or more than one can be. */
async function readProblem(response: Response): Promise<Problem | undefined> {
  if (mediaType(response.headers.get('content-type') ?? '') !== PROBLEM_MEDIA_TYPE) {
    await response.body?.cancel()
    return undefined
  }
  const body = await readBody(response, MAX_PROBLEM_BYTES, 'a problem document:').catch(
    onlyTooLarge,
  )
  return body && Problem.safeParse(parseOrUndefined(new TextDecoder().decode(body))).data
}

function onlyTooLarge(err: unknown): undefined {
  if (!(err instanceof MeshError)) throw err
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function mediaType(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase()
}

/** The failure of an attempt is never the caller's doing, whatever was thrown on the way. */
function toFailure(err: unknown, { node }: Deployment): MeshError {
  if (err instanceof MeshError && (err.retryable || err.code === 'deadline_exceeded')) return err
  return new MeshError('unreachable', `${node} could not be reached`, {
    cause: err,
    detail: err instanceof Error ? err.message : String(err),
  })
}
