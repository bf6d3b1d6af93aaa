import type { Deployment } from '../registry/snapshot.ts'

/** A renewal as it is stored: each has a greater id than all before it. */
export interface LeaseRow {
  id: number
  deploymentId: string
  expiresAt: number
}

/** The leases of deployments that were removed are forgotten when there are so many. */
const MAX_KNOWN = 200_000
/** Of the times when leases could not be read; of more, the oldest two count as one. */
const MAX_STANDSTILLS = 16

/** A time when leases could not be read; `until` is infinite while it lasts. */
interface Standstill {
  from: number
  until: number
}

/**
 * Until when deployments with a lease are believed to be there, as this isolate has last read it. While D1
 * can't be read nobody can renew either, so leases stand still; after it each has its whole length to be renewed,
 * and what can be read for a moment only ends no lease.
 */
export class LeaseBoard {
  readonly #expiresAt = new Map<string, number>()
  #lastId = 0
  #readAt = Number.NEGATIVE_INFINITY
  /** In the order they were. */
  readonly #standstills: Standstill[] = []

  /** The greatest id that was read: what is renewed later has a greater one. */
  get lastId(): number {
    return this.#lastId
  }

  /** Takes in what was renewed since the last reading, which began at `readAt`. */
  note(renewed: Iterable<LeaseRow>, readAt: number): void {
    if (this.#expiresAt.size > MAX_KNOWN) this.#forgetExpired(readAt)
    const known = this.#lastId
    for (const { id, deploymentId, expiresAt } of renewed) {
      // a slow reading must not undo what a later one has brought
      if (id <= known) continue
      this.#expiresAt.set(deploymentId, expiresAt)
      this.#lastId = Math.max(this.#lastId, id)
    }
    const last = this.#standstills.at(-1)
    if (last?.until === Number.POSITIVE_INFINITY) last.until = readAt
    this.#readAt = Math.max(this.#readAt, readAt)
  }

  /** What is stored now has ids of its own: all of it is to be read, and replaces what is known. */
  startOver(): void {
    this.#lastId = 0
  }

  /** The leases can't be read. */
  hold(): void {
    if (this.#standstills.at(-1)?.until === Number.POSITIVE_INFINITY) return
    this.#standstills.push({ from: this.#readAt, until: Number.POSITIVE_INFINITY })
    const [first, second] = this.#standstills
    if (this.#standstills.length <= MAX_STANDSTILLS || !first || !second) return
    this.#standstills.splice(0, 2, { from: first.from, until: second.until })
  }

  /** When its lease ran out, in ms since the epoch; undefined while it is good, and where there is none. */
  overSince(
    { id, leaseSeconds }: Pick<Deployment, 'id' | 'leaseSeconds'>,
    now: number,
  ): number | undefined {
    if (leaseSeconds === null) return undefined
    // what has a lease and never renewed it is nowhere
    const expiresAt = this.#expiresAt.get(id) ?? 0
    if (expiresAt > now) return undefined
    return this.#heldUntil(expiresAt, leaseSeconds * 1_000) > now ? undefined : expiresAt
  }

  /** Whether a deployment is believed to be there at `now`. */
  liveAt(now: number): (own: Pick<Deployment, 'id' | 'leaseSeconds'>) => boolean {
    return (own) => this.overSince(own, now) === undefined
  }

  /** When a lease ends that stood still whenever it could not be read before its end. */
  #heldUntil(expiresAt: number, lengthMs: number): number {
    return this.#standstills.reduce(
      (end, { from, until }) => (end > from ? Math.max(end, until + lengthMs) : end),
      expiresAt,
    )
  }

  #forgetExpired(now: number): void {
    for (const [id, expiresAt] of this.#expiresAt) if (expiresAt <= now) this.#expiresAt.delete(id)
  }
}
