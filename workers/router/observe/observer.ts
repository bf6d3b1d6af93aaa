import type { Span } from '#shared/otlp/span.ts'
import { Outbox } from '#shared/outbox.ts'

import type { Observation } from '../rollout/evidence.ts'
import type { Decision } from './decision.ts'
import { isolateReadings, type IsolateParts } from './isolate-readings.ts'
import { RouterMetrics } from './router-metrics.ts'

/** Some 600 bytes each. */
const MAX_DECISIONS_WAITING = 1_000
const MAX_SPANS_WAITING = 2_000
const MAX_EVIDENCE_WAITING = 2_000
/** How long the first waits for others. An isolate may end at any time, and a request's context soon after its answer. */
const DELAY_MS = 2_000

/** What an isolate tells of its work: numbers kept here, and decisions, spans and evidence on their way out. */
export class Observer {
  readonly decisions = new Outbox<Decision>({
    name: 'decisions',
    capacity: MAX_DECISIONS_WAITING,
    delayMs: DELAY_MS,
  })
  readonly spans = new Outbox<Span>({
    name: 'spans',
    capacity: MAX_SPANS_WAITING,
    delayMs: DELAY_MS,
  })
  /** What requests have shown of the versions that are rolled out. */
  readonly evidence = new Outbox<Observation>({
    name: 'evidence',
    capacity: MAX_EVIDENCE_WAITING,
    delayMs: DELAY_MS,
  })
  readonly metrics: RouterMetrics

  constructor(parts: Omit<IsolateParts, 'outboxes'>) {
    const { decisions, spans, evidence } = this
    const outboxes = { decisions, spans, evidence }
    this.metrics = new RouterMetrics(isolateReadings({ ...parts, outboxes }))
  }
}
