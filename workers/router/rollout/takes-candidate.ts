import type { Rollout } from './rollout.ts'

/** Who asks, as far as stickiness goes: a key, and whom its owner asks for. */
export interface Caller {
  key: string
  sticky?: string | undefined
}

/**
 * Whether a caller is among those whom the candidate answers: always the same for the same caller and run of
 * a rollout, and raising the share only adds callers.
 */
export function takesCandidate({ id, share }: Rollout, { key, sticky = '' }: Caller): boolean {
  return pointOf(JSON.stringify([id, key, sticky])) < share
}

/**
 * A point in [0, 1), evenly spread: FNV-1a, then MurmurHash3's finalizer, since the former alone leaves similar texts
 * close together. Nothing secret hangs on it.
 */
function pointOf(text: string): number {
  let hash = 0x811c_9dc5
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}
