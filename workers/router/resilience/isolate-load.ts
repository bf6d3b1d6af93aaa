import { MAX_BODY_BYTES, MAX_DEADLINE_MS } from '#shared/protocol.ts'

import { shed, type Priority } from './waiting-line.ts'

/** More would only wait for each other: an isolate has one thread, and each request holds its body. */
const MAX_UNDERWAY = 256
/** What low priority leaves free. */
const MAX_UNDERWAY_LOW = MAX_UNDERWAY / 2
/** Of the 128 MB that an isolate has for everything. */
const MAX_BYTES = 4 * MAX_BODY_BYTES
/** With fewer under way nobody waits for want of room, and the pace is that of the callers. */
const BUSY = 32
/** How much the latest departure counts in the pace: some twenty of them are remembered. */
const WEIGHT = 0.05
/** Who waits for others longer than this share of its time may have none left for itself: the pace is a mean, and dear requests take several times as long. */
const WAIT_SHARE = 0.25
/** Who hasn't left by then never will: workerd drops what a caller no longer waits for. */
const GONE_MS = MAX_DEADLINE_MS + 30_000

export interface Arrival {
  priority: Priority
  /** Of the body, as declared; undefined counts as the most it may be. */
  bytes: number | undefined
  /** Milliseconds the caller waits. */
  deadlineMs: number
}

interface Underway {
  bytes: number
  since: number
}

/**
 * The inferences under way in one isolate, bounded before anything is done for them: what comes in faster than
 * it can leave would otherwise make everybody wait until nobody is in time. Who comes now leaves after
 * those before, each of whom takes as long as the last ones took to leave (Little's law).
 */
export class IsolateLoad {
  readonly #underway = new Set<Underway>()
  #bytes = 0
  /** Milliseconds between departures while it is busy. */
  #paceMs = 0
  #leftAt: number | undefined

  get underway(): number {
    return this.#underway.size
  }

  /** Lets a request in; what it returns is to be called when it leaves. Throws `shed` where there is no room. */
  enter(
    { priority, bytes = MAX_BODY_BYTES, deadlineMs }: Arrival,
    now: number,
  ): (now: number) => void {
    this.#forgetGone(now)
    const expectedMs = this.underway * this.#paceMs
    const most = priority === 'low' ? MAX_UNDERWAY_LOW : MAX_UNDERWAY
    const isFull = this.underway >= most || (this.#bytes > 0 && this.#bytes + bytes > MAX_BYTES)
    const isLate = this.underway >= BUSY && expectedMs > deadlineMs * WAIT_SHARE
    if (isFull || isLate) throw shed(expectedMs)
    const own = { bytes, since: now }
    this.#underway.add(own)
    this.#bytes += bytes
    return (leftAt) => {
      if (this.#remove(own)) this.#notePace(leftAt)
    }
  }

  #notePace(now: number): void {
    if (this.#leftAt !== undefined) {
      this.#paceMs += (Math.max(0, now - this.#leftAt) - this.#paceMs) * WEIGHT
    }
    // the time until the next one leaves tells the pace only where there always is a next one
    this.#leftAt = this.underway >= BUSY ? now : undefined
  }

  #forgetGone(now: number): void {
    for (const own of this.#underway) {
      if (now - own.since < GONE_MS) return
      this.#remove(own)
    }
  }

  #remove(own: Underway): boolean {
    const wasUnderway = this.#underway.delete(own)
    if (wasUnderway) this.#bytes -= own.bytes
    return wasUnderway
  }
}
