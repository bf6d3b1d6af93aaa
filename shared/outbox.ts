import { log } from './log.ts'

/** A scheduled departure that hasn't happened by then won't: the request it hung on was ended. */
const GIVEN_UP_MS = 10_000

export interface OutboxOptions {
  /** For the log. */
  name: string
  /** Items that may wait; the oldest go first when there are more. */
  capacity: number
  /** How long the first item waits for others. */
  delayMs: number
}

/** Sends a batch; what it throws loses the batch. */
export type Send<T> = (batch: readonly T[]) => Promise<void>

/**
 * Things that leave in batches behind requests and may be lost, such as log lines: bounded, never waited for,
 * and what is lost is counted. Each `send` is the caller's own, since in workerd a request can't use
 * another's connections.
 */
export class Outbox<T> {
  readonly #options: OutboxOptions
  #waiting: T[] = []
  #lost = 0
  #scheduledAt: number | undefined

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** How many never arrived. */
  get lost(): number {
    return this.#lost
  }

  /** Takes it along with what leaves next; `behind` keeps the process or request alive until then. */
  post(item: T, send: Send<T>, behind: (work: Promise<void>) => void): void {
    const { capacity, delayMs } = this.#options
    if (this.#waiting.length >= capacity) {
      this.#waiting.shift()
      this.#lost++
    }
    this.#waiting.push(item)
    const now = Date.now()
    if (this.#scheduledAt !== undefined && now - this.#scheduledAt < delayMs + GIVEN_UP_MS) return
    this.#scheduledAt = now
    behind(new Promise((resolve) => setTimeout(resolve, delayMs)).then(() => this.flush(send)))
  }

  /** Sends what waits. Never rejects. */
  async flush(send: Send<T>): Promise<void> {
    const batch = this.#waiting
    this.#waiting = []
    this.#scheduledAt = undefined
    if (batch.length === 0) return
    try {
      await send(batch)
    } catch (err) {
      this.#lost += batch.length
      const message = err instanceof Error ? err.message : String(err)
      log.warn('outbox_lost', { outbox: this.#options.name, items: batch.length, message })
    }
  }
}
