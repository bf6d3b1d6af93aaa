import type { Context, ErrorHandler, MiddlewareHandler, NotFoundHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { z } from 'zod'

import { ERROR_CODES, isErrorCode, type ErrorCode } from './error-codes.ts'
import { log, type LogFields } from './log.ts'
import { MeshError } from './mesh-error.ts'
import { REQUEST_ID_HEADER } from './protocol.ts'

/** An error on the wire: RFC 9457 problem details plus a stable `code` and `retryable`. */
export const Problem = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  retryable: z.boolean(),
})
export type Problem = z.infer<typeof Problem>

export const PROBLEM_MEDIA_TYPE = 'application/problem+json'

/** `type` of a problem is this plus its code; docs/errors.md explains each. A URN, since a mesh has no fixed host. */
const PROBLEM_TYPE_BASE = 'urn:capillary:error:'

/** The public form of an error. Nothing of `detail` or `cause` gets in. */
export function toProblem(err: MeshError): Problem {
  return {
    ...err.extensions,
    type: `${PROBLEM_TYPE_BASE}${err.code}`,
    title: ERROR_CODES[err.code].title,
    status: err.status,
    detail: err.message,
    code: err.code,
    retryable: err.retryable,
  }
}

/** An error as one protocol's clients read it. */
export interface ErrorAnswer {
  body: unknown
  contentType: string
  headers?: Readonly<Record<string, string>>
}

/** How one protocol writes errors; problem details where no middleware names another. */
export type ErrorShape = (err: MeshError) => ErrorAnswer

declare module 'hono' {
  interface ContextVariableMap {
    errorShape?: ErrorShape
  }
}

/** Makes whatever fails below this path answer in `shape`, unknown paths and wrong methods included. */
export function answerErrorsAs(shape: ErrorShape): MiddlewareHandler {
  return async function shapeErrors(c, next) {
    c.set('errorShape', shape)
    await next()
  }
}

const problemShape: ErrorShape = (err) => ({
  body: toProblem(err),
  contentType: PROBLEM_MEDIA_TYPE,
})

/** Answers a MeshError in the shape of the protocol that was spoken. */
export function errorResponse(c: Context, err: MeshError): Response {
  const { body, contentType, headers = {} } = (c.get('errorShape') ?? problemShape)(err)
  for (const [name, value] of Object.entries(headers)) c.header(name, value)
  if (err.retryAfter !== undefined) c.header('retry-after', String(Math.ceil(err.retryAfter)))
  return c.body(JSON.stringify(body), err.status as ContentfulStatusCode, {
    // `as`: every status in ERROR_CODES is one that carries a body
    'content-type': contentType,
  })
}

/** A problem that another server told, as an error to be thrown here. */
export function problemError(problem: Problem): MeshError {
  const {
    type: _t,
    title: _i,
    status: _s,
    detail,
    code: _c,
    retryable: _r,
    ...extensions
  } = problem
  return new MeshError(codeOf(problem), detail, { extensions })
}

/** The code of a problem; by its status where this version doesn't know the code. */
export function codeOf({ code, status }: Problem): ErrorCode {
  return isErrorCode(code) ? code : codeOfStatus(status)
}

/** The one funnel: whatever a handler throws is answered; what is ours is logged. */
export const onError: ErrorHandler = function answerProblem(err, c) {
  const known = asMeshError(err)
  logFailure(known, {
    path: c.req.path,
    // a node is told the id; the router has made or accepted one, which every answer of its tells
    request: c.req.header(REQUEST_ID_HEADER)?.slice(0, 64) ?? requestIdOf(c),
  })
  return errorResponse(c, known)
}

/** What isn't offered is no failure of ours; what is shed is counted, and a line for each would be load of its own. */
const UNLOGGED: ReadonlySet<ErrorCode> = new Set(['unsupported', 'shed'])

/** Logs an error with all that is private of it, when it is ours and not the caller's. */
export function logFailure(err: MeshError, fields: LogFields): void {
  const { status, code, message, detail, cause } = err
  if (status < 500 || UNLOGGED.has(code)) return
  log.error(code, { message, detail, cause: describe(cause), ...fields })
}

function requestIdOf(c: Context): string | undefined {
  const id: unknown = c.get('requestId')
  return typeof id === 'string' ? id : undefined
}

export const onNotFound: NotFoundHandler = function answerNotFound(c) {
  return errorResponse(
    c,
    new MeshError('not_found', `${c.req.method} ${c.req.path} is not an address of this node`),
  )
}

/** Any thrown value as a MeshError; an unknown one becomes `internal` with a bland sentence. */
export function asMeshError(err: unknown): MeshError {
  if (err instanceof MeshError) return err
  if (err instanceof HTTPException) {
    return new MeshError(codeOfStatus(err.status), err.message, { cause: err })
  }
  return new MeshError(
    'internal',
    'something broke on our side; the request id finds it in the log',
    {
      cause: err,
    },
  )
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 413) return 'payload_too_large'
  if (status === 401) return 'unauthenticated'
  if (status === 415) return 'media_type_unsupported'
  if (status === 422) return 'invalid_input'
  return status < 500 ? 'invalid_request' : 'internal'
}

function describe(cause: unknown): string | undefined {
  if (cause === undefined) return undefined
  return cause instanceof Error ? (cause.stack ?? cause.message) : JSON.stringify(cause)
}
