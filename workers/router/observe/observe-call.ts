import type { Context } from 'hono'

import { asMeshError } from '#shared/problem.ts'

import type { EndedAttempt } from '../dispatch/attempt-record.ts'
import type { RouterApp } from '../env.ts'
import type { CacheUse, Decision } from './decision.ts'
import { DecisionStore } from './decision-store.ts'
import { attemptSpan, postSpans } from './router-spans.ts'

/** What is learned of a call while it is made. */
export interface CallRecord {
  answeredBy: { model: string; node: string } | undefined
  cache: CacheUse
  attempts: EndedAttempt[]
}

/** Makes the call and leaves behind how it went: counted, logged, traced. Changes neither answer nor error. */
export async function observeCall<T>(
  c: Context<RouterApp>,
  { capability, started }: { capability: string | null; started: number },
  work: (record: CallRecord) => Promise<T>,
): Promise<T> {
  const record: CallRecord = { answeredBy: undefined, cache: 'bypass', attempts: [] }
  let outcome: Decision['outcome'] = 'ok'
  try {
    return await work(record)
  } catch (err) {
    outcome = asMeshError(err).code
    throw err
  } finally {
    note(c, record, { capability, at: started, outcome })
  }
}

/** A request that was refused before anybody could be asked. */
export function observeRefusal(
  c: Context<RouterApp>,
  capability: string | null,
  err: unknown,
): void {
  const record: CallRecord = { answeredBy: undefined, cache: 'bypass', attempts: [] }
  note(c, record, { capability, at: Date.now(), outcome: asMeshError(err).code })
}

function note(
  c: Context<RouterApp>,
  { answeredBy, cache, attempts }: CallRecord,
  told: Pick<Decision, 'capability' | 'at' | 'outcome'>,
): void {
  const trace = c.get('trace')
  const { model = null, node = null } = answeredBy ?? {}
  const decision: Decision = {
    ...told,
    requestId: c.get('requestId'),
    traceId: trace.traceId,
    key: c.get('key').id,
    model,
    node,
    cache,
    ms: Date.now() - told.at,
    attempts: attempts.map(({ spanId: _, startedAt: _at, ...attempt }) => attempt),
  }
  const { metrics, decisions } = c.get('observer')
  metrics.note(decision)
  const { env } = c
  decisions.post(
    decision,
    (batch) => new DecisionStore(env).add(batch),
    (work) => c.executionCtx.waitUntil(work),
  )
  postSpans(c, () => attempts.map((attempt) => attemptSpan(trace, attempt)))
}
