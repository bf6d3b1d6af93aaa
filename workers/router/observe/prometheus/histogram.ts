import type { Metric, MetricOptions, Sample } from './metric.ts'
import { Series } from './series.ts'

interface Observed {
  /** By bucket, each without those below it; the last one is of what exceeds all bounds. */
  counts: number[]
  sum: number
}

export class Histogram<Label extends string> implements Metric {
  readonly name: string
  readonly help: string
  readonly type = 'histogram'
  readonly #bounds: readonly number[]
  readonly #series: Series<Label, Observed>

  /** `bounds` rise; each is the largest value of its bucket. */
  constructor({
    name,
    help,
    labels,
    bounds,
  }: MetricOptions<Label> & { bounds: readonly number[] }) {
    this.name = name
    this.help = help
    this.#bounds = bounds
    this.#series = new Series(labels, () => ({
      counts: Array.from({ length: bounds.length + 1 }, () => 0),
      sum: 0,
    }))
  }

  observe(labels: Readonly<Record<Label, string>>, value: number): void {
    const observed = this.#series.of(labels)
    const at = this.#bounds.findIndex((bound) => value <= bound)
    const bucket = at === -1 ? this.#bounds.length : at
    observed.counts[bucket] = (observed.counts[bucket] ?? 0) + 1
    observed.sum += value
  }

  *samples(): Iterable<Sample> {
    for (const { labels, value } of this.#series.entries()) {
      let count = 0
      for (const [i, own] of value.counts.entries()) {
        count += own
        const le = String(this.#bounds[i] ?? '+Inf')
        yield { suffix: '_bucket', labels: { ...labels, le }, value: count }
      }
      yield { suffix: '_sum', labels, value: value.sum }
      yield { suffix: '_count', labels, value: count }
    }
  }
}
