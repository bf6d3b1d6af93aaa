import type { Admit } from '#shared/admission.ts'
import { MeshError } from '#shared/mesh-error.ts'

interface Waiting {
  start(): void
  expiresAt: number
  expire(): void
}

export interface WorkQueueOptions {
  /** How many run at once. */
  concurrency: number
  /** How many may wait. */
  capacity: number
}

/** First come, first served, bounded at both ends; what expired while waiting never starts. */
export class WorkQueue {
  readonly #options: WorkQueueOptions
  readonly #waiting: Waiting[] = []
  #running = 0
  #closed = false
  #idle: (() => void) | undefined

  constructor(options: WorkQueueOptions) {
    this.#options = options
  }

  get running(): number {
    return this.#running
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Refuses new work from now on. */
  close(): void {
    this.#closed = true
  }

  /** Resolves when nothing runs and nothing waits. */
  async drained(): Promise<void> {
    if (this.#running === 0 && this.#waiting.length === 0) return
    await new Promise<void>((resolve) => {
      this.#idle = resolve
    })
  }

  readonly admit: Admit = async (work, expiresAt = Number.POSITIVE_INFINITY) => {
    if (this.#closed) {
      throw new MeshError('shutting_down', 'this node is stopping and takes no new work', {
        retryAfter: 1,
      })
    }
    if (this.#running < this.#options.concurrency) this.#running++
    else await this.#turn(expiresAt)
    try {
      return await work()
    } finally {
      this.#handOver()
    }
  }

  #turn(expiresAt: number): Promise<void> {
    if (this.#waiting.length >= this.#options.capacity) {
      throw new MeshError(
        'queue_full',
        `this node runs ${this.#running} inferences and has ${this.#waiting.length} waiting, its limit`,
        { retryAfter: 1 },
      )
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        start: resolve,
        expiresAt,
        expire: () =>
          reject(
            new MeshError('deadline_exceeded', 'the deadline passed while waiting for a place'),
          ),
      })
    })
  }

  /** Gives the place to the next who still waits; counting it free in between would let another slip in. */
  #handOver(): void {
    for (let head = this.#waiting.shift(); head; head = this.#waiting.shift()) {
      if (head.expiresAt > Date.now()) return head.start()
      head.expire()
    }
    this.#running--
    if (this.#running === 0) this.#idle?.()
  }
}
