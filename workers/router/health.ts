import type { Registry } from './registry.ts'

export interface Health {
  status: 'ok' | 'degraded'
  registry: { ageMs: number | null; failing: boolean }
}

/** `degraded` means that answers come from the last snapshot, since D1 can't be read. */
export function healthOf(registry: Registry): Health {
  return {
    status: registry.failing ? 'degraded' : 'ok',
    registry: { ageMs: registry.age ?? null, failing: registry.failing },
  }
}
