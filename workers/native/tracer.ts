import type { MiddlewareHandler } from 'hono'

import { parseHeaders, sendSpans, type Receiver } from '#shared/otlp/receiver.ts'
import type { Span } from '#shared/otlp/span.ts'
import { Outbox } from '#shared/outbox.ts'
import { asMeshError } from '#shared/problem.ts'
import { MESH_VERSION, REQUEST_ID_HEADER } from '#shared/protocol.ts'
import { beginTrace, createSpanId, isSampled, type Trace } from '#shared/trace.ts'

import { logWork, type Phase } from './work-log.ts'

const MAX_SPANS_WAITING = 10_000
const DELAY_MS = 1_000

export interface TracerOptions {
  /** Base URL of a receiver of OTLP over HTTP. It is the operator's own, so any address will do. */
  endpoint: string
  headers: string
  nodeId: string
}

/** Spans of a node: one of each inference, below the router's attempt, with its phases below it. */
export interface Tracer {
  traceInference: MiddlewareHandler
  /** Sends what waits. */
  flush(): Promise<void>
}

/** Throws an Error where the headers aren't `name=value,name=value`. */
export function createTracer({ endpoint, headers, nodeId }: TracerOptions): Tracer {
  const outbox = new Outbox<Span>({ name: 'spans', capacity: MAX_SPANS_WAITING, delayMs: DELAY_MS })
  const receiver: Receiver = {
    url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
    headers: parseHeaders(headers),
    resource: {
      'service.name': 'capillary-node',
      'service.instance.id': nodeId,
      'service.version': MESH_VERSION,
    },
  }
  const send = (batch: readonly Span[]) => sendSpans(receiver, batch)
  const post = (span: Span) => outbox.post(span, send, () => undefined)

  return {
    async traceInference(c, next) {
      const trace = beginTrace(c.req.header('traceparent'))
      if (!isSampled(trace)) return next()
      const phases: Phase[] = []
      const startedAt = performance.timeOrigin + performance.now()
      await logWork(phases, next)
      const code = c.error && asMeshError(c.error).code
      const { status } = c.res
      post({
        traceId: trace.traceId,
        spanId: trace.spanId,
        parentId: trace.parentId,
        name: `infer ${c.req.param('id')}`,
        kind: 'server',
        startedAt,
        endedAt: performance.timeOrigin + performance.now(),
        attributes: {
          'http.request.method': c.req.method,
          'http.response.status_code': status,
          'gen_ai.request.model': c.req.param('id') ?? '',
          'mesh.node': nodeId,
          'mesh.request_id': c.req.header(REQUEST_ID_HEADER)?.slice(0, 64) ?? '',
        },
        error: status >= 500 ? (code ?? String(status)) : undefined,
      })
      for (const phase of phases) post(phaseSpan(trace, phase))
      return undefined
    },
    flush: () => outbox.flush(send),
  }
}

function phaseSpan(
  { traceId, spanId: parentId }: Trace,
  { name, startedAt, endedAt, runs }: Phase,
): Span {
  return {
    traceId,
    spanId: createSpanId(),
    parentId,
    name,
    kind: 'internal',
    startedAt,
    endedAt,
    attributes: runs === undefined ? {} : { 'mesh.runs': runs },
  }
}
