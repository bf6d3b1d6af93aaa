import type { Context, MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'

import type { Span } from '#shared/otlp/span.ts'
import { asMeshError } from '#shared/problem.ts'

import type { RouterApp } from '../env.ts'
import { postSpans } from './router-spans.ts'

/** The router's own span of every request, the parent of its attempts. Who shows no key makes none: anybody could. */
export const traceRequests: MiddlewareHandler<RouterApp> = async function traceRequests(c, next) {
  const startedAt = Date.now()
  await next()
  if (!isKnown(c)) return
  postSpans(c, () => [requestSpan(c, startedAt)])
}

/** Whether a key was shown; types say that there is one, behind the guards. */
function isKnown(c: Context): boolean {
  return c.get('key') !== undefined
}

function requestSpan(c: Context<RouterApp>, startedAt: number): Span {
  const { traceId, spanId, parentId } = c.get('trace')
  const { status } = c.res
  const { method } = c.req
  const route = routeOf(c)
  const code = c.error && asMeshError(c.error).code
  return {
    traceId,
    spanId,
    parentId,
    // never the path itself: names of spans must be few
    name: route === undefined ? method : `${method} ${route}`,
    kind: 'server',
    startedAt,
    endedAt: Date.now(),
    attributes: {
      'http.request.method': method,
      'http.response.status_code': status,
      ...(route === undefined ? {} : { 'http.route': route }),
      'mesh.request_id': c.get('requestId'),
      ...(code === undefined ? {} : { 'mesh.error.code': code }),
    },
    // a caller's own mistake is no error of the server (OpenTelemetry's conventions for HTTP)
    error: status >= 500 ? (code ?? String(status)) : undefined,
  }
}

/** The pattern of the handler that the request came to; undefined where it was none. */
function routeOf(c: Context<RouterApp>): string | undefined {
  return matchedRoutes(c).findLast(({ method }) => method !== 'ALL')?.path
}
