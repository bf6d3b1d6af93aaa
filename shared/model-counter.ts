import type { Duration, ModelStatistics } from './model-statistics.ts'

/** What an inference took, in milliseconds. In production a Worker's clock stands still while it computes: 0. */
export interface Timing {
  queueMs: number
  computeMs: number
}

const NANOSECONDS_PER_MS = 1e6

/** Counts one model's inferences since the server started. */
export class ModelCounter {
  #lastInference = 0
  #rows = 0
  #runs = 0
  readonly #success: Duration = { count: 0, ns: 0 }
  readonly #fail: Duration = { count: 0, ns: 0 }
  readonly #queue: Duration = { count: 0, ns: 0 }
  readonly #compute: Duration = { count: 0, ns: 0 }

  /** @param rows length of the batch */
  succeed({ queueMs, computeMs }: Timing, rows: number): void {
    this.#lastInference = Date.now()
    this.#rows += rows
    add(this.#success, queueMs + computeMs)
    add(this.#queue, queueMs)
    add(this.#compute, computeMs)
  }

  fail(ms: number): void {
    add(this.#fail, ms)
  }

  /** One run of a graph, of which a task may take several. */
  run(): void {
    this.#runs++
  }

  statistics(name: string, version: string): ModelStatistics {
    const none = { count: 0, ns: 0 }
    return {
      name,
      version,
      last_inference: this.#lastInference,
      inference_count: this.#rows,
      execution_count: this.#runs,
      inference_stats: {
        success: { ...this.#success },
        fail: { ...this.#fail },
        queue: { ...this.#queue },
        // reading and writing tensors isn't told apart from the rest of a request
        compute_input: none,
        compute_infer: { ...this.#compute },
        compute_output: none,
        cache_hit: none,
        cache_miss: none,
      },
      batch_stats: [],
    }
  }
}

function add(duration: Duration, ms: number): void {
  duration.count++
  duration.ns += Math.round(ms * NANOSECONDS_PER_MS)
}
