/** How often something happened, and how long it took in all. */
export interface Duration {
  count: number
  ns: number
}

/** Counts of one model version in the shape of the statistics extension. */
export interface ModelStatistics {
  name: string
  version: string
  /** Milliseconds since the epoch; 0 before the first. */
  last_inference: number
  /** Rows, which a batch has several of. */
  inference_count: number
  /** Runs of the graph. */
  execution_count: number
  inference_stats: Readonly<
    Record<
      | 'success'
      | 'fail'
      | 'queue'
      | 'compute_input'
      | 'compute_infer'
      | 'compute_output'
      | 'cache_hit'
      | 'cache_miss',
      Duration
    >
  >
  batch_stats: readonly unknown[]
}
