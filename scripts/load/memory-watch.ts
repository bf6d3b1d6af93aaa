import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import type { MemorySample } from './memory-trend.ts'

const run = promisify(execFile)

const EVERY_MS = 2_000
const BYTES_PER_KIB = 1_024

export interface WatchedProcess {
  name: string
  pid: number
}

/** Samples how much memory each process has resident, until it is stopped. */
export class MemoryWatch {
  readonly #processes: readonly WatchedProcess[]
  readonly #samples = new Map<string, MemorySample[]>()
  readonly #began = performance.now()
  readonly #timer: NodeJS.Timeout

  constructor(processes: readonly WatchedProcess[]) {
    this.#processes = processes
    this.#timer = setInterval(() => void this.sample(), EVERY_MS)
  }

  /** Seconds since it began: what `at` of a sample counts. */
  get seconds(): number {
    return (performance.now() - this.#began) / 1_000
  }

  /** By name of the process. */
  get samples(): ReadonlyMap<string, readonly MemorySample[]> {
    return this.#samples
  }

  async sample(): Promise<void> {
    const pids = this.#processes.map(({ pid }) => pid).join(',')
    const { stdout } = await run('ps', ['-o', 'pid=,rss=', '-p', pids])
    const at = this.seconds
    for (const line of stdout.trim().split('\n')) {
      const [pid, kib] = line.trim().split(/\s+/).map(Number)
      const own = this.#processes.find((process) => process.pid === pid)
      if (!own || kib === undefined) continue
      const samples = this.#samples.get(own.name) ?? []
      samples.push({ at, bytes: kib * BYTES_PER_KIB })
      this.#samples.set(own.name, samples)
    }
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
