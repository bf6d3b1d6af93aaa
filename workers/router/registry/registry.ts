import { withinDeadline } from '#shared/deadline.ts'
import { log } from '#shared/log.ts'
import { MeshError } from '#shared/mesh-error.ts'

import { LeaseBoard, type LeaseRow } from '../leases/lease-board.ts'
import type { Snapshot } from './snapshot.ts'

/** Where snapshots come from: D1, through registry-reader.ts. */
export interface RegistrySource {
  /** The counter that every change raises: one row. */
  readVersion(): Promise<number>
  /** What is stored now; of a `known` one only what changed is read. */
  readSnapshot(known: Snapshot | undefined): Promise<Snapshot>
  /** Leases that were renewed after the renewal of that id. */
  readLeases(after: number): Promise<readonly LeaseRow[]>
}

/** Keeps the request's context alive for work that nobody waits for: `ctx.waitUntil`. */
export type Behind = (work: Promise<unknown>) => void

/** Younger than this, a snapshot is used as it is. */
export const FRESH_MS = 2_000
/** Older than this, a request waits for the check: a revoked key then lives 30 s at most. */
export const STALE_MS = 30_000
/** How long a request waits for D1 while it has a snapshot to fall back on. */
export const CHECK_TIMEOUT_MS = 1_000
/** How long it waits when it has none, or must not answer from an old one. */
export const LOAD_TIMEOUT_MS = 10_000
/** How long requests leave it to one of them to read what they all want; after that it was probably cut off. */
export const TURN_MS = 5_000
const LOOK_AGAIN_MS = 10
/** A request that is about to be refused may ask for a check, but no more often than this. */
export const RECHECK_INTERVAL_MS = 1_000

/**
 * The registry as one isolate sees it. Requests are answered from memory; the check whether the
 * counter moved runs behind them. When D1 fails, the last snapshot stays. Only plain data is shared
 * between requests: workerd forbids one request to wait for another's I/O.
 */
export class Registry {
  /** Read along with every check, since a renewal raises no counter. */
  readonly leases = new LeaseBoard()
  #snapshot: Snapshot | undefined
  /** When the last read began that confirmed the snapshot. */
  #checkedAt = Number.NEGATIVE_INFINITY
  #checkStartedAt = Number.NEGATIVE_INFINITY
  #failing = false
  /** Loads are numbered as they begin, so that a slow one can't replace what a later one has read. */
  #loadsBegun = 0
  /** When the latest one began, while it is under way. */
  #loadBeganAt = Number.NEGATIVE_INFINITY
  #loadInstalled = 0
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

  get version(): number | undefined {
    return this.#snapshot?.version
  }

  /** The snapshot as it is, for who would rather have none than wait. */
  get known(): Snapshot | undefined {
    return this.#snapshot
  }

  /** The snapshot to answer from. Throws `registry_unavailable` only when there never was one. */
  async current(source: RegistrySource, behind: Behind): Promise<Snapshot> {
    const known = this.#snapshot
    if (!known) return this.#firstInTime(source, behind)
    const now = this.#now()
    const age = now - this.#checkedAt
    const sinceStart = now - this.#checkStartedAt
    if (age > STALE_MS) {
      // D1 in trouble needs no storm, and no request waits for what has just failed
      if (this.#failing && sinceStart < FRESH_MS) return known
      return this.#checkBriefly(source, known, behind)
    }
    if (age > FRESH_MS && sinceStart > FRESH_MS) behind(this.#check(source, known))
    return known
  }

  /** The snapshot after a check at most a second old: before refusing what may just have been registered. */
  async recheck(source: RegistrySource, behind: Behind): Promise<Snapshot> {
    const known = this.#snapshot
    if (!known) return this.#firstInTime(source, behind)
    if (this.#now() - this.#checkStartedAt < RECHECK_INTERVAL_MS) return known
    return this.#checkBriefly(source, known, behind)
  }

  /** What is stored now, for a change that is checked against it. Throws `registry_unavailable`. */
  async latest(source: RegistrySource): Promise<Snapshot> {
    const known = this.#snapshot
    if (!known) return this.#firstInTime(source)
    return inTime(() => this.#readIfMoved(source, known, () => this.#load(source)), LOAD_TIMEOUT_MS)
  }

  /** Reloads after this isolate itself changed the registry. The change is stored, so a failure only postpones. */
  async reload(source: RegistrySource): Promise<void> {
    try {
      await inTime(() => this.#load(source), LOAD_TIMEOUT_MS)
    } catch (err) {
      this.#noteFailure(err)
      this.#checkedAt = Number.NEGATIVE_INFINITY
    }
  }

  async #checkBriefly(source: RegistrySource, known: Snapshot, behind: Behind): Promise<Snapshot> {
    const check = this.#check(source, known)
    // a load that takes longer than the request waits still lands
    behind(check)
    try {
      return await withinDeadline(() => check, CHECK_TIMEOUT_MS, 'the registry')
    } catch (err) {
      this.#noteFailure(err)
      return known
    }
  }

  /** Never rejects: what can't be checked stays as it is. */
  async #check(source: RegistrySource, known: Snapshot): Promise<Snapshot> {
    try {
      return await this.#readIfMoved(source, known, () => this.#loadInTurn(source, known))
    } catch (err) {
      this.#noteFailure(err)
      return known
    }
  }

  async #readIfMoved(
    source: RegistrySource,
    known: Snapshot,
    load: () => Promise<Snapshot>,
  ): Promise<Snapshot> {
    const startedAt = this.#now()
    this.#checkStartedAt = startedAt
    const [version] = await Promise.all([source.readVersion(), this.#readLeases(source)]).catch(
      unavailable,
    )
    if (version !== known.version) return load()
    // another request may have installed a newer one meanwhile, which this says nothing about
    if (this.#snapshot === known) this.#confirm(startedAt)
    return this.#snapshot ?? known
  }

  #firstInTime(source: RegistrySource, behind: Behind = () => {}): Promise<Snapshot> {
    const first = this.#loadInTurn(source, undefined)
    // others count on it, should this request's caller leave
    behind(first.catch(() => {}))
    return inTime(() => first, LOAD_TIMEOUT_MS)
  }

  /** A large registry fits an isolate a few times only: one request reads it, the others look for what it found. */
  async #loadInTurn(source: RegistrySource, known: Snapshot | undefined): Promise<Snapshot> {
    // by timers of their own: none may wait for another's I/O, which can also be cut off
    while (this.#now() - this.#loadBeganAt < TURN_MS) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
      if (this.#snapshot && this.#snapshot !== known) return this.#snapshot
    }
    return this.#load(source)
  }

  async #load(source: RegistrySource): Promise<Snapshot> {
    const order = ++this.#loadsBegun
    const startedAt = this.#now()
    this.#checkStartedAt = startedAt
    this.#loadBeganAt = startedAt
    const snapshot = await this.#read(source)
      .catch(unavailable)
      .finally(() => {
        if (order === this.#loadsBegun) this.#loadBeganAt = Number.NEGATIVE_INFINITY
      })
    if (this.#snapshot && order < this.#loadInstalled) return this.#snapshot
    this.#snapshot = snapshot
    this.#loadInstalled = order
    this.#confirm(startedAt)
    return snapshot
  }

  async #read(source: RegistrySource): Promise<Snapshot> {
    const snapshot = await source.readSnapshot(this.#snapshot)
    // a counter that went back is of a database that was restored: its leases count from before as well
    if (snapshot.version < (this.#snapshot?.version ?? 0)) this.leases.startOver()
    // after the deployments, so that none of them lacks its lease
    await this.#readLeases(source)
    return snapshot
  }

  async #readLeases(source: RegistrySource): Promise<void> {
    const readAt = this.#now()
    this.leases.note(await source.readLeases(this.leases.lastId), readAt)
  }

  #confirm(startedAt: number): void {
    this.#checkedAt = Math.max(this.#checkedAt, startedAt)
    this.#failing = false
  }

  #noteFailure(err: unknown): void {
    if (!this.#failing) log.error('registry_check_failed', { message: reasonOf(err) })
    this.#failing = true
    this.leases.hold()
  }
}

async function inTime<T>(work: () => Promise<T>, ms: number): Promise<T> {
  return withinDeadline(work, ms, 'the registry').catch((err: unknown) => {
    throw err instanceof MeshError && err.code === 'deadline_exceeded' ? unavailableError(err) : err
  })
}

/** What is underneath: drizzle and the errors here only wrap what D1 said. */
function reasonOf(err: unknown): string {
  if (!(err instanceof Error)) return String(err)
  return err.cause === undefined ? err.message : reasonOf(err.cause)
}

function unavailable(err: unknown): never {
  throw unavailableError(err)
}

function unavailableError(cause: unknown): MeshError {
  return new MeshError('registry_unavailable', 'the registry cannot be read; try again', {
    cause,
    retryAfter: 1,
  })
}
