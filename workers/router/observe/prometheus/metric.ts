/** One time series' present value, with its labels. */
export interface Sample {
  /** Appended to the metric's name: `_bucket`, `_sum` and `_count` of a histogram. */
  suffix?: '_bucket' | '_sum' | '_count'
  labels: Readonly<Record<string, string>>
  value: number
}

/** Something that `/metrics` shows. */
export interface Metric {
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram'
  samples(): Iterable<Sample>
}

export interface MetricOptions<Label extends string> {
  name: string
  help: string
  labels: readonly Label[]
}
