import type { Admit } from '#shared/admission.ts'
import { MeshError } from '#shared/mesh-error.ts'

interface Waiting {
  start(chargedMs: number): void
  expiresAt: number
  refuse(err: MeshError): void
}

export interface WorkQueueOptions {
  /** How many run at once. */
  concurrency: number
  /** How many may wait, for all models together. */
  capacity: number
  /** Tells how long work ran. */
  clock?: Pick<Performance, 'now'>
}

/** Those who wait for one model, and what was spent on it. */
interface Line {
  waiting: Waiting[]
  /** Milliseconds that its work has run, or what it is taken for: who comes after a rest has not saved it up. */
  usedMs: number
  /** How long the last of it ran: what the next is taken for until it has ended. */
  lastMs: number
}

/**
 * The places of a node, and the lines of its models for them: of one model first come, first served, and next is the
 * model whose work has run for the least time, so that who asks a quick one doesn't stand behind a hundred who ask a
 * slow one (start-time fair queueing: Goyal, Vin and Cheng, 1996). Bounded at both ends; what expired while waiting never
 * starts.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions
  /** By model. */
  readonly #lines = new Map<string, Line>()
  /** What was spent on the model that was served last, before that. */
  #servedMs = 0
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
    return this.#lines.values().reduce((sum, { waiting }) => sum + waiting.length, 0)
  }

  /** Refuses new work from now on. */
  close(): void {
    this.#closed = true
  }

  /** Resolves when nothing runs and nothing waits. */
  async drained(): Promise<void> {
    if (this.#running === 0 && this.waiting === 0) return
    await new Promise<void>((resolve) => {
      this.#idle = resolve
    })
  }

  /** Admits what is asked of one model. */
  admitFor(model: string): Admit {
    const line = this.#lines.get(model) ?? { waiting: [], usedMs: 0, lastMs: 0 }
    this.#lines.set(model, line)
    return async (work, expiresAt = Number.POSITIVE_INFINITY) => {
      if (this.#closed) {
        throw new MeshError('shutting_down', 'this node is stopping and takes no new work', {
          retryAfter: 1,
        })
      }
      if (line.waiting.length === 0) line.usedMs = Math.max(line.usedMs, this.#servedMs)
      const isFree = this.#running < this.#options.concurrency
      if (isFree) this.#running++
      const chargedMs = isFree ? this.#charge(line) : await this.#turn(line, expiresAt)
      const began = this.#now()
      try {
        return await work()
      } finally {
        line.lastMs = this.#now() - began
        line.usedMs += line.lastMs - chargedMs
        this.#handOver()
      }
    }
  }

  /** Else one of several places would go to the same model again, before it is known what the first was for. */
  #charge(line: Line): number {
    this.#servedMs = Math.max(this.#servedMs, line.usedMs)
    line.usedMs += line.lastMs
    return line.lastMs
  }

  #now(): number {
    return (this.#options.clock ?? performance).now()
  }

  async #turn(line: Line, expiresAt: number): Promise<number> {
    if (this.waiting >= this.#options.capacity) this.#expire()
    if (this.waiting >= this.#options.capacity && !this.#makeRoom(line)) throw this.#full()
    return new Promise((start, refuse) => {
      line.waiting.push({ start, expiresAt, refuse })
    })
  }

  /** Refuses the last of the longest line; false where that is the own one. */
  #makeRoom({ waiting: own }: Line): boolean {
    const lines = Array.from(this.#lines.values(), ({ waiting }) => waiting)
    const [longest] = lines.toSorted((a, b) => b.length - a.length)
    if (!longest || longest.length <= own.length + 1) return false
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
    this.#expire()
    const [line] = Array.from(this.#lines.values())
      .filter(({ waiting }) => waiting.length > 0)
      .toSorted((a, b) => a.usedMs - b.usedMs)
    if (line) {
      return line.waiting.shift()?.start(this.#charge(line))
    }
    this.#running--
    if (this.#running > 0) return
    // who did the last work, or loaded a graph, owes nothing to those who come after a rest
    this.#servedMs = Math.max(this.#servedMs, ...this.#lines.values().map(({ usedMs }) => usedMs))
    this.#idle?.()
  }

  /** Refuses who waited until nobody waits for the answer. */
  #expire(): void {
    const now = Date.now()
    for (const line of this.#lines.values()) {
      const expired = line.waiting.filter(({ expiresAt }) => expiresAt <= now)
      if (expired.length === 0) continue
      line.waiting = line.waiting.filter(({ expiresAt }) => expiresAt > now)
      for (const { refuse } of expired) {
        refuse(new MeshError('deadline_exceeded', 'the deadline passed while waiting for a place'))
      }
    }
  }
}
