import type { Fate } from './judge-reply.ts'

/** What became of the requests of one stretch of time. */
export interface LoadResult {
  seconds: number
  /** Requests that were sent. */
  sent: number
  right: number
  shed: number
  refused: number
  lost: number
  /** How often each code of an error, or reason of a loss, was met. */
  reasons: Readonly<Record<string, number>>
  /** Of right answers, in ms; NaN without any. */
  p50: number
  p99: number
}

/** Right answers a second. */
export function goodputOf({ right, seconds }: LoadResult): number {
  return right / seconds
}

/** Counts requests while they are made. */
export class Tally {
  #sent = 0
  readonly #kinds: Record<Fate['kind'], number> = { right: 0, shed: 0, refused: 0, lost: 0 }
  readonly #reasons = new Map<string, number>()
  readonly #times: number[] = []

  /** `ms` is left out where somebody else keeps the times. */
  note(fate: Fate, ms?: number): void {
    this.#sent++
    this.#kinds[fate.kind]++
    if (fate.kind === 'right') {
      if (ms !== undefined) this.#times.push(ms)
      return
    }
    const reason = fate.kind === 'lost' ? fate.why : fate.code
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1)
  }

  result(seconds: number): LoadResult {
    const sorted = Float64Array.from(this.#times).toSorted()
    const quantile = (q: number) =>
      sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
    return {
      seconds,
      sent: this.#sent,
      ...this.#kinds,
      reasons: Object.fromEntries(this.#reasons),
      p50: quantile(0.5),
      p99: quantile(0.99),
    }
  }
}
