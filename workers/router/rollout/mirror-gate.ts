import type { HealthBoard } from '../resilience/health-board.ts'

/** Each holds a request and an answer, up to 2 MB together. */
const MAX_AT_ONCE = 4
/** With so many calls on their way an isolate has no time for what nobody waits for. */
const BUSY_CALLS = 32

/** Lets few requests be asked twice, and none while the isolate is busy. */
export class MirrorGate {
  #inFlight = 0

  /** Runs the work if there is room for it; whether there was. */
  enter(board: HealthBoard, work: () => Promise<void>): Promise<void> | undefined {
    if (this.#inFlight >= MAX_AT_ONCE || isBusy(board)) return undefined
    this.#inFlight++
    return work().finally(() => this.#inFlight--)
  }
}

function isBusy(board: HealthBoard): boolean {
  let calls = 0
  for (const { health } of board.entries()) {
    calls += health.inFlight
    if (calls >= BUSY_CALLS) return true
  }
  return false
}
