import { constants, setPriority } from 'node:os'

/**
 * Lets a process compute only with what others leave. On Cloudflare router and models share no core; on one machine
 * a model that has a photo to decode would keep the router, and with it every caller of any other model, from its turn.
 * Of a Worker that crashes, the process that replaces it doesn't know.
 */
export function giveWay(pid: number): void {
  setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL)
}
