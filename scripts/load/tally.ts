import type { Fate } from './judge-reply.ts'

/** What became of the requests of one stretch of time. */
export interface LoadResult extends Times {
  seconds: number
  /** Requests whose fate is known. */
  sent: number
  right: number
  shed: number
  refused: number
  lost: number
  /** How often each code of an error, or reason of a loss, was met. */
  reasons: Readonly<Record<string, number>>
  /** The same times of each capability: what is slow is none the worse for it. */
  capabilities: Readonly<Record<string, Times>>
  /** And again of what was asked within each minute. */
  minutes: readonly Readonly<Record<string, Times>>[]
}

/** Of right answers, in ms; NaN without any. */
export interface Times {
  p50: number
  p99: number
}

/** Right answers a second. */
export function goodputOf({ right, seconds }: LoadResult): number {
  return right / seconds
}

const MINUTE_MS = 60_000

/** Counts requests while they are made. */
export class Tally {
  readonly #kinds: Record<Fate['kind'], number> = { right: 0, shed: 0, refused: 0, lost: 0 }
  readonly #reasons = new Map<string, number>()
  readonly #times = new Map<string, number[]>()
  readonly #minutes: Map<string, number[]>[] = []

  note(fate: Fate): void {
    this.#kinds[fate.kind]++
    if (fate.kind === 'right') return
    const reason = fate.kind === 'lost' ? fate.why : fate.code
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1)
  }

  /** How long a right answer took to what was asked `at` ms after the beginning. */
  time(capability: string, ms: number, at = 0): void {
    const minute = (this.#minutes[Math.floor(at / MINUTE_MS)] ??= new Map<string, number[]>())
    for (const all of [this.#times, minute]) {
      const times = all.get(capability)
      if (times) times.push(ms)
      else all.set(capability, [ms])
    }
  }

  result(seconds: number): LoadResult {
    const { right, shed, refused, lost } = this.#kinds
    return {
      seconds,
      sent: right + shed + refused + lost,
      ...this.#kinds,
      reasons: Object.fromEntries(this.#reasons),
      ...timesOf(Array.from(this.#times.values()).flat()),
      capabilities: timesOfEach(this.#times),
      // a minute without an answer is a hole
      minutes: Array.from(this.#minutes, (minute) => timesOfEach(minute ?? new Map())),
    }
  }
}

function timesOfEach(all: ReadonlyMap<string, readonly number[]>): Record<string, Times> {
  return Object.fromEntries(Array.from(all, ([capability, times]) => [capability, timesOf(times)]))
}

function timesOf(times: readonly number[]): Times {
  const sorted = Float64Array.from(times).toSorted()
  const quantile = (q: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
  return { p50: quantile(0.5), p99: quantile(0.99) }
}
