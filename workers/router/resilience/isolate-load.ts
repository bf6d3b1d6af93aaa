import { MAX_BODY_BYTES, MAX_DEADLINE_MS } from '#shared/protocol.ts'

import { shed, type Priority } from './waiting-line.ts'

/** More would only wait for each other: an isolate has one thread, and each request holds its body. */
const MAX_UNDERWAY = 256
/** What low priority leaves free. */
const MAX_UNDERWAY_LOW = MAX_UNDERWAY / 2
/**
 * One address may have so many times what is still free, of places and of bytes: 192 places alone, some 110 each of
 * two, and a few are left for whoever asks another (Choudhury and Hahne, Dynamic Queue Length Thresholds for Shared-Memory
 * Packet Switches, 1998).
 */
const SHARE_OF_FREE = 3
/** Of the 128 MB that an isolate has for everything. */
const MAX_BYTES = 4 * MAX_BODY_BYTES
/** What is smaller takes its place's share of the bytes, and needs no other. */
const SMALL_BYTES = 64 * 1024
/** With fewer under way nobody waits for want of room. */
const BUSY = 32
/** With fewer of one address its pace is that of its callers. */
const CROWDED = 8
/** How much the latest departure counts in the pace: some twenty of them are remembered. */
const WEIGHT = 0.05
/** Who waits for others longer than this share of its time may have none left for itself: the pace is a mean, and dear requests take several times as long. */
const WAIT_SHARE = 0.25
/** Who hasn't left by then never will: workerd drops what a caller no longer waits for. */
const GONE_MS = MAX_DEADLINE_MS + 30_000

export interface Arrival {
  /** What is asked, as a path. Where it names the model, who asks a slow one keeps nobody else out. */
  address: string
  priority: Priority
  /** Of the body, as declared; undefined counts as the most it may be. */
  bytes: number | undefined
  /** Milliseconds the caller waits. */
  deadlineMs: number
}

interface Underway {
  address: string
  bytes: number
  since: number
}

/** Of one address, while it has any under way. */
interface Crowd {
  underway: number
  bytes: number
  /** Milliseconds between departures while it is crowded. */
  paceMs: number | undefined
  leftAt: number | undefined
}

/**
 * The inferences under way in one isolate, bounded before anything is done for them: what comes in faster than
 * it can leave would otherwise make everybody wait until nobody is in time. Who comes now leaves after
 * those before at the same address, each of whom takes as long as the last ones took to leave (Little's law).
 */
export class IsolateLoad {
  readonly #underway = new Set<Underway>()
  readonly #crowds = new Map<string, Crowd>()
  #bytes = 0

  get underway(): number {
    return this.#underway.size
  }

  /** Lets a request in; what it returns is to be called when it leaves. Throws `shed` where there is no room. */
  enter(
    { address, priority, bytes: declared = MAX_BODY_BYTES, deadlineMs }: Arrival,
    now: number,
  ): (now: number) => void {
    // what says that it has more is refused before it is read: it must not keep others out until then
    const bytes = Math.min(declared, MAX_BODY_BYTES)
    this.#forgetGone(now)
    const crowd = this.#crowds.get(address) ?? {
      underway: 0,
      bytes: 0,
      paceMs: undefined,
      leftAt: undefined,
    }
    const expectedMs = crowd.underway * (crowd.paceMs ?? 0)
    const free = (priority === 'low' ? MAX_UNDERWAY_LOW : MAX_UNDERWAY) - this.underway
    const isFull = crowd.underway >= SHARE_OF_FREE * free
    const freeBytes = MAX_BYTES - this.#bytes
    const isOverShare = bytes > SMALL_BYTES && crowd.bytes + bytes > SHARE_OF_FREE * freeBytes
    const isTooLarge = bytes > freeBytes || isOverShare
    const isBusy = this.underway >= BUSY && crowd.underway >= CROWDED
    const isLate = isBusy && expectedMs > deadlineMs * WAIT_SHARE
    if (isFull || isTooLarge || isLate) throw shed(expectedMs)
    const own = { address, bytes, since: now }
    this.#underway.add(own)
    this.#bytes += bytes
    crowd.bytes += bytes
    crowd.underway++
    this.#crowds.set(address, crowd)
    return (leftAt) => {
      if (this.#remove(own)) notePace(crowd, leftAt)
    }
  }

  #forgetGone(now: number): void {
    for (const own of this.#underway) {
      if (now - own.since < GONE_MS) return
      this.#remove(own)
    }
  }

  #remove(own: Underway): boolean {
    if (!this.#underway.delete(own)) return false
    this.#bytes -= own.bytes
    const crowd = this.#crowds.get(own.address)
    if (!crowd) return true
    crowd.bytes -= own.bytes
    if (--crowd.underway === 0) this.#crowds.delete(own.address)
    return true
  }
}

function notePace(crowd: Crowd, now: number): void {
  if (crowd.leftAt !== undefined) {
    const ms = Math.max(0, now - crowd.leftAt)
    crowd.paceMs = crowd.paceMs === undefined ? ms : crowd.paceMs + (ms - crowd.paceMs) * WEIGHT
  }
  // the time until the next one leaves tells the pace only where there always is a next one, as where no more are let in
  crowd.leftAt = crowd.underway >= CROWDED - 1 ? now : undefined
}
