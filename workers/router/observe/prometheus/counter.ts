import type { Metric, MetricOptions, Sample } from './metric.ts'
import { Series } from './series.ts'

export class Counter<Label extends string> implements Metric {
  readonly name: string
  readonly help: string
  readonly type = 'counter'
  readonly #series: Series<Label, { count: number }>

  constructor({ name, help, labels }: MetricOptions<Label>) {
    this.name = name
    this.help = help
    this.#series = new Series(labels, () => ({ count: 0 }))
  }

  increment(labels: Readonly<Record<Label, string>>): void {
    this.#series.of(labels).count++
  }

  *samples(): Iterable<Sample> {
    for (const { labels, value } of this.#series.entries()) yield { labels, value: value.count }
  }
}
