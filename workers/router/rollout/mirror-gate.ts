import type { IsolateLoad } from '../resilience/isolate-load.ts'

/** Each holds a request and an answer, up to 2 MB together. */
const MAX_AT_ONCE = 4
/** With so many under way an isolate has no time for what nobody waits for. */
const BUSY = 32

/** Lets few requests be asked twice, and none while the isolate is busy. */
export class MirrorGate {
  #inFlight = 0

  /** Begins the work if there is room for it; undefined where there is none. */
  enter(
    { underway }: Pick<IsolateLoad, 'underway'>,
    work: () => Promise<void>,
  ): Promise<void> | undefined {
    if (this.#inFlight >= MAX_AT_ONCE || underway >= BUSY) return undefined
    this.#inFlight++
    return work().finally(() => this.#inFlight--)
  }
}
