import { MeshError } from '#shared/mesh-error.ts'

/** Lower is shed first, and let in last. */
export type Priority = 'low' | 'normal'
const ORDER: Readonly<Record<Priority, number>> = { low: 0, normal: 1 }

/** More than this would be waiting for waiting's sake: at one answer in 5 ms the last waits over a second. */
const MAX_WAITING = 256

/** Who was woken takes its place in its own turn of the event loop; who hasn't by then is gone. */
const PROMISED_MS = 1_000

interface Waiting {
  priority: Priority
  wake(): void
  refuse(err: MeshError): void
}

export interface WaitOptions {
  priority: Priority
  /** Milliseconds the caller still waits. */
  timeLeftMs: number
  /** Milliseconds that one answer takes, and how many are made at once. */
  answerMs: number
  atOnce: number
}

/**
 * Those who wait for a place at a deployment that has none. The line is as long as the callers' deadlines
 * allow: who would not be served in time is refused at once, which spares everybody the wait. When it is
 * full, low priority makes room.
 */
export class WaitingLine {
  readonly #waiting: Waiting[] = []
  /** Who was woken and has not come yet, in that order, and when. */
  readonly #promised = new Map<Waiting, number>()

  get length(): number {
    return this.#waiting.length
  }

  /**
   * Places that belong to those who were woken. workerd lets other requests go on before the one a promise was resolved
   * for: they found a place free that wasn't.
   */
  promised(now: number): number {
    for (const [one, at] of this.#promised) {
      if (now - at < PROMISED_MS) break
      this.#promised.delete(one)
    }
    return this.#promised.size
  }

  /** Resolves when there is a place. Throws `shed` when there will be none in time. */
  async wait({ priority, timeLeftMs, answerMs, atOnce }: WaitOptions): Promise<void> {
    const ahead = this.#waiting.filter((other) => ORDER[other.priority] >= ORDER[priority]).length
    const expectedMs = ((ahead + 1) * answerMs) / Math.max(1, atOnce)
    if (expectedMs + answerMs > timeLeftMs) throw shed(expectedMs)
    if (this.#waiting.length >= MAX_WAITING && !this.#makeRoom(priority)) throw shed(expectedMs)

    // not by its constructor: where V8 has optimised that, who is woken by another request goes on inside of it and ends
    // with it (docs/decisions/0014-promises-between-requests.md)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const own: Waiting = { priority, wake: resolve, refuse: reject }
    this.#waiting.push(own)
    // its last chance to be answered in time
    const timer = setTimeout(() => reject(shed(answerMs)), Math.max(0, timeLeftMs - answerMs))
    try {
      await promise
    } finally {
      clearTimeout(timer)
      this.#remove(own)
      this.#promised.delete(own)
    }
  }

  /** A place is free: it is promised to the next one, the earliest of the highest priority. */
  wake(now: number): void {
    const next = this.#waiting.find(({ priority }) => priority === 'normal') ?? this.#waiting.at(0)
    if (!next) return
    this.#remove(next)
    this.#promised.set(next, now)
    next.wake()
  }

  /** Refuses the last who waits with a lower priority; false when there is none. */
  #makeRoom(priority: Priority): boolean {
    const last = this.#waiting.findLast((other) => ORDER[other.priority] < ORDER[priority])
    this.#remove(last)
    last?.refuse(shed(0))
    return last !== undefined
  }

  #remove(one: Waiting | undefined): void {
    const at = one === undefined ? -1 : this.#waiting.indexOf(one)
    if (at !== -1) this.#waiting.splice(at, 1)
  }
}

/** Refused for want of room; `expectedMs` is when there may be some. */
export function shed(expectedMs: number): MeshError {
  return new MeshError('shed', 'the mesh is at its limit and would not answer in time', {
    retryAfter: Math.max(1, Math.ceil(expectedMs / 1_000)),
  })
}
