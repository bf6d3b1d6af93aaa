import { setImmediate } from 'node:timers/promises'

export interface Watched {
  /** How long the work took. */
  ms: number
  /** The longest that the thread computed between two turns of the event loop meanwhile. */
  blockedMs: number
}

/**
 * Does some work while `request` is made at every turn of the event loop, as one that comes in would be. Blocks
 * are counted in the thread's own CPU time: on a machine that others use, the rest is theirs.
 */
export async function longestBlock(
  work: () => Promise<unknown>,
  request: () => void,
): Promise<Watched> {
  const started = performance.now()
  const watch = { isDone: false, last: threadMs(), blockedMs: 0 }
  async function tick(): Promise<void> {
    while (!watch.isDone) {
      request()
      await setImmediate()
      const now = threadMs()
      watch.blockedMs = Math.max(watch.blockedMs, now - watch.last)
      watch.last = now
    }
  }
  const ticking = tick()
  await work()
  watch.isDone = true
  await ticking
  return { ms: performance.now() - started, blockedMs: watch.blockedMs }
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}
