import { withinDeadline } from '#shared/deadline.ts'
import { log } from '#shared/log.ts'
import { MeshError } from '#shared/mesh-error.ts'

import { compileSnapshot, type RegistryRows, type Snapshot } from './snapshot.ts'

/** Where the rows come from: D1, through registry-store.ts. */
export interface RegistrySource {
  /** The counter that every change raises: one row. */
  readVersion(): Promise<number>
  readRows(): Promise<RegistryRows>
}

/** Younger than this, a snapshot is used as it is. */
export const FRESH_MS = 2_000
/** Older than this, a request waits for the check: a revoked key then lives 30 s at most. */
export const STALE_MS = 30_000
/** How long a request waits for D1 while it has a snapshot to fall back on. */
const CHECK_TIMEOUT_MS = 1_000
/** A request that is about to be refused may ask for a check, but no more often than this. */
const RECHECK_INTERVAL_MS = 1_000

/**
 * The registry as one isolate sees it. Requests are answered from memory; the check whether the
 * counter moved runs behind them. When D1 fails, the last snapshot stays. Only plain data is shared
 * between requests: workerd forbids one request to wait for another's I/O.
 */
export class Registry {
  #snapshot: Snapshot | undefined
  #checkedAt = Number.NEGATIVE_INFINITY
  #checkStartedAt = Number.NEGATIVE_INFINITY
  #failing = false
  readonly #now: () => number

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** Milliseconds since D1 last confirmed the snapshot; undefined before there is one. */
  get age(): number | undefined {
    return this.#snapshot && this.#now() - this.#checkedAt
  }

  get failing(): boolean {
    return this.#failing
  }

  /** The snapshot to answer from. Throws `registry_unavailable` only when there never was one. */
  async current(source: RegistrySource, behind: (work: Promise<void>) => void): Promise<Snapshot> {
    const known = this.#snapshot
    if (!known) return this.#load(source)
    const age = this.#now() - this.#checkedAt
    if (age > STALE_MS) return this.#checkOrKeep(source, known)
    const sinceStart = this.#now() - this.#checkStartedAt
    if (age > FRESH_MS && sinceStart > FRESH_MS)
      behind(this.#checkOrKeep(source, known).then(() => undefined))
    return known
  }

  /** The snapshot after a check that isn't more than a second old: before refusing what may just have been registered. */
  async recheck(source: RegistrySource): Promise<Snapshot> {
    const known = this.#snapshot
    if (!known) return this.#load(source)
    if (this.#now() - this.#checkStartedAt < RECHECK_INTERVAL_MS) return known
    return this.#checkOrKeep(source, known)
  }

  /** Reloads after this isolate itself changed the registry. */
  async reload(source: RegistrySource): Promise<Snapshot> {
    return this.#load(source)
  }

  /** A failed check starts the next one after FRESH_MS, not at once: D1 in trouble needs no storm. */
  async #checkOrKeep(source: RegistrySource, known: Snapshot): Promise<Snapshot> {
    if (this.#failing && this.#now() - this.#checkStartedAt < FRESH_MS) return known
    this.#checkStartedAt = this.#now()
    try {
      return await withinDeadline(
        () => this.#check(source, known),
        CHECK_TIMEOUT_MS,
        'the registry',
      )
    } catch (err) {
      if (!this.#failing) {
        log.error('registry_check_failed', {
          message: err instanceof Error ? err.message : String(err),
        })
      }
      this.#failing = true
      return known
    }
  }

  async #check(source: RegistrySource, known: Snapshot): Promise<Snapshot> {
    if ((await source.readVersion()) !== known.version) return this.#load(source)
    this.#confirm(known)
    return known
  }

  async #load(source: RegistrySource): Promise<Snapshot> {
    this.#checkStartedAt = this.#now()
    const rows = await source.readRows().catch((err: unknown) => {
      throw new MeshError('registry_unavailable', 'the registry cannot be read; try again', {
        cause: err,
        retryAfter: 1,
      })
    })
    // a slower load must not replace what a later one has read
    if (this.#snapshot && rows.version < this.#snapshot.version) return this.#snapshot
    const snapshot = compileSnapshot(rows)
    this.#confirm(snapshot)
    return snapshot
  }

  #confirm(snapshot: Snapshot): void {
    this.#snapshot = snapshot
    this.#checkedAt = this.#now()
    this.#failing = false
  }
}
