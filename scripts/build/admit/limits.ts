/**
 * What an edge isolate may take, as Cloudflare documents it (developers.cloudflare.com/workers/platform/limits
 * and the changelog of 2026-09-04). Local workerd enforces none of it.
 */
export const EDGE_LIMITS = {
  /** Uncompressed size of a Worker, on every plan. */
  workerBytes: 64 * 1024 * 1024,
  /** Of one isolate: WebAssembly memory and JavaScript heap, shared by the requests it runs at once. */
  memoryBytes: 128_000_000,
  /** CPU until a Worker can take its first request. */
  startupMs: 1_000,
  /** CPU of one request, by plan; 30 s is the paid plan's default. */
  cpuMs: { free: 10, paid: 30_000 },
} as const

export type Plan = keyof typeof EDGE_LIMITS.cpuMs

/**
 * Of the isolate's memory, what is left to the JavaScript heap: the bundle's code, request bodies, decoded
 * media. Measured figures are linear memory and graph bytes only.
 */
export const HEAP_RESERVE_BYTES = 32_000_000
