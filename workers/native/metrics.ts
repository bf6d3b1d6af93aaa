import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

import type { WorkQueue } from './work-queue.ts'

/** From a fraction of a millisecond (a linear model) to tens of seconds (a page of text). */
const LATENCY_BUCKETS_S = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
]

export interface NodeMetrics {
  registry: Registry
  /** One finished request of a known model. */
  observe(model: string, status: number, seconds: number): void
}

/** Metrics in a registry of their own, so that two nodes in one process don't mix. Labels are bounded: known models and status codes. */
export function createMetrics(queue: WorkQueue): NodeMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const requests = new Counter({
    name: 'mesh_node_requests_total',
    help: 'Inference requests by model and HTTP status',
    labelNames: ['model', 'status'],
    registers,
  })
  const latency = new Histogram({
    name: 'mesh_node_request_seconds',
    help: 'Time from receiving an inference request to its answer, waiting included',
    labelNames: ['model'],
    buckets: LATENCY_BUCKETS_S,
    registers,
  })
  new Gauge({
    name: 'mesh_node_running',
    help: 'Inferences running now',
    registers,
    collect() {
      this.set(queue.running)
    },
  })
  new Gauge({
    name: 'mesh_node_waiting',
    help: 'Inferences waiting for a place now',
    registers,
    collect() {
      this.set(queue.waiting)
    },
  })
  return {
    registry,
    observe(model, status, seconds) {
      requests.inc({ model, status: String(status) })
      latency.observe({ model }, seconds)
    },
  }
}
