import type { Deployment } from '../registry/snapshot.ts'

/** A renewal as it is stored: each has a greater id than all before it. */
export interface LeaseRow {
  id: number
  deploymentId: string
  expiresAt: number
}

/** The leases of deployments that were removed are forgotten when there are so many. */
const MAX_KNOWN = 200_000

/**
 * Until when deployments with a lease are believed to be there, as this isolate has last read it. While D1
 * can't be read nobody can renew either, so leases stand still; after it each has its whole length to be renewed.
 */
export class LeaseBoard {
  readonly #expiresAt = new Map<string, number>()
  #lastId = 0
  #readAt = Number.NEGATIVE_INFINITY
  #standstill: { from: number; until: number } | undefined

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
    if (this.#standstill?.until === Number.POSITIVE_INFINITY) this.#standstill.until = readAt
    this.#readAt = Math.max(this.#readAt, readAt)
  }

  /** The leases can't be read. */
  hold(): void {
    if (this.#standstill?.until === Number.POSITIVE_INFINITY) return
    this.#standstill = { from: this.#readAt, until: Number.POSITIVE_INFINITY }
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
    const still = this.#standstill
    const wasHeld = still && expiresAt > still.from && now < still.until + leaseSeconds * 1_000
    return wasHeld ? undefined : expiresAt
  }

  /** Whether a deployment is believed to be there at `now`. */
  liveAt(now: number): (own: Pick<Deployment, 'id' | 'leaseSeconds'>) => boolean {
    return (own) => this.overSince(own, now) === undefined
  }

  #forgetExpired(now: number): void {
    for (const [id, expiresAt] of this.#expiresAt) if (expiresAt <= now) this.#expiresAt.delete(id)
  }
}
