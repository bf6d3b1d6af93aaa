import type { MiddlewareHandler } from 'hono'

import { REQUEST_ID_HEADER } from '#shared/protocol.ts'
import { beginTrace, traceparentOf } from '#shared/trace.ts'

import type { RouterApp } from './env.ts'
import type { IsolateState } from './isolate-state.ts'

/** What a caller's own request id may look like; others are replaced, since it goes into logs. */
const REQUEST_ID = /^[\w.-]{1,64}$/

/** Gives every request its id and trace, and every answer the headers that tell them and the time taken. */
export function identify(state: IsolateState): MiddlewareHandler<RouterApp> {
  return async function identifyRequest(c, next) {
    const started = performance.now()
    const given = c.req.header('x-request-id') ?? c.req.header(REQUEST_ID_HEADER)
    const requestId = given !== undefined && REQUEST_ID.test(given) ? given : crypto.randomUUID()
    const trace = beginTrace(c.req.header('traceparent'))
    c.set('registry', state.registry)
    c.set('board', state.board)
    c.set('load', state.load)
    c.set('counts', state.counts)
    c.set('answers', state.answers)
    c.set('observer', state.observer)
    c.set('mirrors', state.mirrors)
    c.set('probes', state.probes)
    c.set('requestId', requestId)
    const told = new Map<string, string>()
    c.set('told', told)
    c.set('trace', trace)
    await next()
    // c.header() would make the answer anew for each of them
    const { headers } = c.res
    headers.set('x-request-id', requestId)
    headers.set('x-content-type-options', 'nosniff')
    headers.set('traceparent', traceparentOf(trace, trace.spanId))
    for (const [name, value] of told) headers.set(name, value)
    const inner = headers.get('server-timing')
    const total = `total;dur=${(performance.now() - started).toFixed(2)}`
    headers.set('server-timing', inner === null ? total : `${total}, ${inner}`)
  }
}
