import type { Context } from 'hono'

import type { RouterApp } from '../env.ts'
import { snapshotOf } from '../registry/request-snapshot.ts'
import type { DeploymentHealth } from '../resilience/deployment-health.ts'
import type { HealthBoard } from '../resilience/health-board.ts'
import type { Deployment, Snapshot } from '../registry/snapshot.ts'
import { probeDeployment } from './probe-deployment.ts'

/** From one round to the next, and of each how many deployments are asked: a request pays nothing, but its isolate does. */
const ROUND_MS = 1_000
const AT_ONCE = 4
const TIMEOUT_MS = 2_000

/** A deployment that is kept from calls, with what is known of it. */
interface Kept {
  own: Deployment
  health: DeploymentHealth
}

/**
 * Asks deployments that were not there when they were called whether they are back, behind the requests of
 * this isolate, so that no caller's attempt is spent on finding out. No requests, no probes: none is waiting then.
 */
export class RecoveryProbes {
  #roundAt = Number.NEGATIVE_INFINITY

  /** Begins a round behind this request, when it is time for one and there is whom to ask. */
  behind(c: Context<RouterApp>): void {
    const now = Date.now()
    if (now - this.#roundAt < ROUND_MS) return
    this.#roundAt = now
    const wanting = Array.from(c.get('board').entries()).some((own) => own.health.wantsProbe(now))
    if (wanting) c.executionCtx.waitUntil(probeKept(c))
  }
}

async function probeKept(c: Context<RouterApp>): Promise<void> {
  const kept = findKept(await snapshotOf(c), c.get('board'), Date.now())
  await Promise.all(
    kept.map(async ({ own, health }) => {
      const permit = health.beginProbe(Date.now())
      const { reached } = await probeDeployment(own, 'node', c.env, TIMEOUT_MS)
      health.endProbe(permit, reached, Date.now())
      c.get('observer').metrics.noteProbe('recovery', reached)
    }),
  )
}

/** Those that are still registered, the one that was asked longest ago first. */
function findKept({ deployments }: Snapshot, board: HealthBoard, now: number): Kept[] {
  const wanting = new Set(
    Array.from(board.entries())
      .filter(({ health }) => health.wantsProbe(now))
      .map(({ id }) => id),
  )
  return deployments
    .flatMap((own): Kept[] => {
      const health = wanting.has(own.id) ? board.find(own) : undefined
      return health ? [{ own, health }] : []
    })
    .toSorted((a, b) => a.health.probedAt - b.health.probedAt)
    .slice(0, AT_ONCE)
}
