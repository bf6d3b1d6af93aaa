import { constants, setPriority } from 'node:os'

/**
 * Lets a process have less of a core than those of normal priority want. On Cloudflare router and models share none; on
 * one machine a model that has a photo to decode would keep the router, and with it every caller of any other model,
 * from its turn. On Linux it is the process's main thread alone, in which both workerd and the native node compute.
 * What replaces a process that crashed doesn't know of it.
 */
export function giveWay(pid: number): void {
  // a Worker whose own process wasn't found has ours, which starts the router too
  if (pid === process.pid) return
  setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL)
}
