import { asMeshError } from '#shared/problem.ts'
import type { MeshError } from '#shared/mesh-error.ts'
import { createSpanId } from '#shared/trace.ts'

import { attempt, type DispatchRequest, type NodeReply } from './attempt.ts'
import type { Attempt } from './attempt-record.ts'
import type { DispatchMeans } from './dispatch.ts'
import type { CallInFlight, DeploymentHealth } from '../resilience/deployment-health.ts'
import type { Candidate } from '../registry/snapshot.ts'

export interface Landing {
  flight: Flight
  outcome: { reply: NodeReply } | { failure: MeshError }
}

export interface FlightOptions {
  deployment: Candidate
  kind: Attempt['kind']
  request: DispatchRequest
  /** Milliseconds it may take. */
  timeout: number
  means: DispatchMeans
}

/** One attempt on its way: reports to the deployment's record how it ended, once. */
export class Flight {
  readonly deployment: Candidate
  readonly kind: Attempt['kind']
  /** Settles when it has ended by itself; never rejects. */
  readonly landed: Promise<Landing>
  /** Whether another was asked, or should have been, because this one is late. */
  hedged = false
  /** Its span in the request's trace, which the node continues. */
  readonly spanId = createSpanId()
  /** In ms since the epoch. */
  readonly startedAt = Date.now()
  readonly #began = performance.now()
  readonly #controller = new AbortController()
  readonly #health: DeploymentHealth
  readonly #call: CallInFlight
  #ended = false

  constructor({ deployment, kind, request, timeout, means }: FlightOptions) {
    this.deployment = deployment
    this.kind = kind
    this.#health = means.board.of(deployment)
    this.#call = this.#health.begin(Date.now())
    const transport = means.transports[deployment.transport]
    this.landed = attempt(deployment, request, {
      timeout,
      spanId: this.spanId,
      transport,
      env: means.env,
      controller: this.#controller,
    }).then(
      (reply) => {
        this.#end(() =>
          'answer' in reply
            ? this.#health.answered(this.#call, Date.now())
            : this.#health.complained(this.#call, Date.now()),
        )
        return { flight: this, outcome: { reply } }
      },
      (err: unknown) => {
        const failure = asMeshError(err)
        this.#end(() => this.#health.failed(this.#call, Date.now(), failure))
        return { flight: this, outcome: { failure } }
      },
    )
  }

  get elapsedMs(): number {
    return performance.now() - this.#began
  }

  /** What the deployment usually takes, in ms; undefined while too little is known. */
  usualMs(quantile: number): number | undefined {
    return this.#health.latency.quantile(quantile)
  }

  /** Whether a second may be asked because this one is late; takes leave for it. */
  takeHedge(): boolean {
    return this.#health.hedges.take()
  }

  /** Gives up on it, since another has answered. */
  cancel(): void {
    this.#end(() =>
      this.hedged
        ? this.#health.beaten(this.#call, Date.now())
        : this.#health.cancelled(this.#call, Date.now()),
    )
    this.#controller.abort()
  }

  #end(report: () => void): void {
    if (this.#ended) return
    this.#ended = true
    report()
  }
}
