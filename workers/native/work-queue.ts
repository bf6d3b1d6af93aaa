import type { Admit } from '#shared/admission.ts'
import { MeshError } from '#shared/mesh-error.ts'

interface Waiting {
  start(): void
  expiresAt: number
  refuse(err: MeshError): void
}

export interface WorkQueueOptions {
  /** How many run at once. */
  concurrency: number
  /** How many may wait, for all models together. */
  capacity: number
}

/**
 * The places of a node, and the lines of its models for them: of one model first come, first served, and the models
 * take turns, so that who asks a quick one doesn't stand behind a hundred who ask a slow one. Bounded at both ends; what
 * expired while waiting never starts.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions
  /** Of each model that is waited for, whose turn is next first; none is empty. */
  readonly #lines = new Map<string, Waiting[]>()
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
    return this.#lines.values().reduce((sum, line) => sum + line.length, 0)
  }

  /** Refuses new work from now on. */
  close(): void {
    this.#closed = true
  }

  /** Resolves when nothing runs and nothing waits. */
  async drained(): Promise<void> {
    if (this.#running === 0 && this.#lines.size === 0) return
    await new Promise<void>((resolve) => {
      this.#idle = resolve
    })
  }

  /** Admits what is asked of one model. */
  admitFor(model: string): Admit {
    return async (work, expiresAt = Number.POSITIVE_INFINITY) => {
      if (this.#closed) {
        throw new MeshError('shutting_down', 'this node is stopping and takes no new work', {
          retryAfter: 1,
        })
      }
      if (this.#running < this.#options.concurrency) this.#running++
      else await this.#turn(model, expiresAt)
      try {
        return await work()
      } finally {
        this.#handOver()
      }
    }
  }

  #turn(model: string, expiresAt: number): Promise<void> {
    if (this.waiting >= this.#options.capacity && !this.#makeRoom(model)) throw this.#full()
    return new Promise((start, refuse) => {
      const line = this.#lines.get(model) ?? []
      this.#lines.set(model, line)
      line.push({ start, expiresAt, refuse })
    })
  }

  /** Refuses the last of the longest line; false where that is the model's own. */
  #makeRoom(model: string): boolean {
    const own = this.#lines.get(model)?.length ?? 0
    const [longest] = Array.from(this.#lines.values()).toSorted((a, b) => b.length - a.length)
    if (!longest || longest.length <= own + 1) return false
    longest.pop()?.refuse(this.#full())
    return true
  }

  #full(): MeshError {
    return new MeshError(
      'queue_full',
      `this node runs ${this.#running} inferences and has ${this.waiting} waiting, its limit`,
      { retryAfter: 1 },
    )
  }

  /** Gives the place to the next who still waits; counting it free in between would let another slip in. */
  #handOver(): void {
    for (let next = this.#next(); next; next = this.#next()) {
      if (next.expiresAt > Date.now()) return next.start()
      next.refuse(
        new MeshError('deadline_exceeded', 'the deadline passed while waiting for a place'),
      )
    }
    this.#running--
    if (this.#running === 0) this.#idle?.()
  }

  /** Whose turn it is; its model's next comes after those of the others. */
  #next(): Waiting | undefined {
    for (const [model, line] of this.#lines) {
      const next = line.shift()
      this.#lines.delete(model)
      if (line.length > 0) this.#lines.set(model, line)
      return next
    }
    return undefined
  }
}
