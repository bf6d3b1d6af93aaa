import { MeshError } from './mesh-error.ts'

/** Some 30 MB when it is full: 2,900 calls a second whose signatures live for 90 s. */
const MAX_REMEMBERED = 2 ** 18

/**
 * The ids of calls that were taken, each for as long as its signature would be: who repeats a captured call is
 * refused. Of this process alone. When it can't remember one more it refuses rather than forgets.
 */
export class ReplayWindow {
  readonly #capacity: number
  /** When each may be forgotten, in ms since the epoch; in the order they came. */
  readonly #seen = new Map<string, number>()

  constructor(capacity = MAX_REMEMBERED) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#seen.size
  }

  /** Remembers the call until `expiresAt`. Throws `unauthenticated` when it was taken before. */
  take(id: string, expiresAt: number, now: number): void {
    this.#forget(now)
    if (this.#seen.has(id)) {
      throw new MeshError('unauthenticated', "the router's signature was used already")
    }
    if (this.#seen.size >= this.#capacity) {
      throw new MeshError('overloaded', 'this node takes more calls than it can tell apart', {
        retryAfter: 1,
      })
    }
    this.#seen.set(id, expiresAt)
  }

  /** Clocks differ a little, so one that lives longer may keep some behind it for a moment. */
  #forget(now: number): void {
    for (const [id, expiresAt] of this.#seen) {
      if (expiresAt > now) return
      this.#seen.delete(id)
    }
  }
}
