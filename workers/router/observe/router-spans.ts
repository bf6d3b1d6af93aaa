import type { Context } from 'hono'

import type { Span } from '#shared/otlp/span.ts'
import { sendSpans } from '#shared/otlp/receiver.ts'
import { isSampled, type Trace } from '#shared/trace.ts'

import type { EndedAttempt } from '../dispatch/attempt-record.ts'
import type { RouterApp } from '../env.ts'
import { spanReceiver } from './span-receiver.ts'

/** Lets spans go behind the request, where there is a receiver and the trace is to be recorded. */
export function postSpans(c: Context<RouterApp>, spansOf: () => readonly Span[]): void {
  if (!isSampled(c.get('trace'))) return
  const receiver = spanReceiver(c.env)
  if (!receiver) return
  const { spans } = c.get('observer')
  for (const span of spansOf()) {
    spans.post(
      span,
      (batch) => sendSpans(receiver, batch),
      (work) => c.executionCtx.waitUntil(work),
    )
  }
}

/** The call of a deployment, below the router's own span; its node's spans are below it. */
export function attemptSpan({ traceId, spanId: parentId }: Trace, attempt: EndedAttempt): Span {
  const { model, node, placement, kind, outcome, ms, spanId, startedAt } = attempt
  return {
    traceId,
    spanId,
    parentId,
    name: `${kind} ${model}`,
    kind: 'client',
    startedAt,
    endedAt: startedAt + ms,
    attributes: {
      'gen_ai.request.model': model,
      'server.address': node,
      'mesh.node': node,
      'mesh.placement': placement,
      'mesh.attempt.kind': kind,
      'mesh.attempt.outcome': outcome,
      // nobody's failure: another answered first
      ...(outcome === 'cancelled' ? { 'mesh.attempt.cancelled': true } : {}),
    },
    error: outcome === 'ok' || outcome === 'cancelled' ? undefined : outcome,
  }
}
