import { existsSync, readdirSync } from 'node:fs'
import { constants, setPriority } from 'node:os'

const { errno: systemErrors } = constants

/**
 * Lets a process have less of a core than those of normal priority want. On Cloudflare router and models share none; on
 * one machine a model that has a photo to decode would keep the router, and with it every caller of any other model,
 * from its turn, and a model that takes text from its own. What replaces a process that crashed doesn't know of it.
 */
export function giveWay(pid: number): void {
  // a Worker whose own process wasn't found has ours, which starts the router too
  if (pid === process.pid) return
  for (const thread of threadsOf(pid)) {
    try {
      setPriority(thread, constants.priority.PRIORITY_BELOW_NORMAL)
    } catch (err) {
      // one that ended meanwhile is in nobody's way
      if (!isGone(err)) throw err
    }
  }
}

function isGone(err: unknown): boolean {
  return err instanceof Error && 'errno' in err && err.errno === -systemErrors.ESRCH
}

/** On Linux each thread has a priority of its own, which those that it starts begin with. */
function threadsOf(pid: number): readonly number[] {
  const threads = `/proc/${pid}/task`
  return existsSync(threads) ? readdirSync(threads).map(Number) : [pid]
}
