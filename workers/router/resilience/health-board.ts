import { LeaseBoard } from '../leases/lease-board.ts'
import { DeploymentHealth } from './deployment-health.ts'
import { findOutliers } from './outlier-detection.ts'
import { RetryBudget } from './retry-budget.ts'

/** An isolate calls few of the deployments that a large registry has; some 2 kB each. */
const MAX_KNOWN = 4_096
/** Envoy's interval between sweeps. */
const SWEEP_MS = 10_000

/** A deployment as the board knows it. */
export interface Known {
  id: string
  /** Where it is: what was learned of one place says nothing of another that took its name. */
  target: string
  /** Deployments are compared with others of their model. */
  modelId: string
}

interface Entry {
  id: string
  model: string
  target: string
  health: DeploymentHealth
}

/** The health of the deployments this isolate has called; those not called for longest are forgotten. */
export class HealthBoard {
  readonly budget = new RetryBudget()
  readonly leases: LeaseBoard
  readonly #byId = new Map<string, Entry>()
  #sweptAt = Number.NEGATIVE_INFINITY

  constructor(leases = new LeaseBoard()) {
    this.leases = leases
  }

  /** What is known of a deployment, if anything. */
  find({ id, target }: Pick<Known, 'id' | 'target'>): DeploymentHealth | undefined {
    const entry = this.#byId.get(id)
    return entry?.target === target ? entry.health : undefined
  }

  /** The record of a deployment that is about to be called. */
  of({ id, target, modelId }: Known): DeploymentHealth {
    const health = this.find({ id, target }) ?? new DeploymentHealth()
    this.#byId.delete(id)
    this.#byId.set(id, { id, model: modelId, target, health })
    if (this.#byId.size > MAX_KNOWN) this.#forgetOldest()
    return health
  }

  /** Every deployment that has a record, with its model's id. */
  *entries(): Iterable<Readonly<Entry>> {
    yield* this.#byId.values()
  }

  /** Leaves out, every ten seconds, what fails far more often than others of its model. */
  sweep(now: number): void {
    if (now - this.#sweptAt < SWEEP_MS) return
    this.#sweptAt = now
    for (const entries of Map.groupBy(this.#byId, ([, { model }]) => model).values()) {
      const counts = entries.map(([id, { health }]) => ({ id, ...health.takeCounts() }))
      const out = entries.filter(([, { health }]) => health.isEjected(now)).length
      for (const id of findOutliers(counts, out)) this.#byId.get(id)?.health.eject(now)
    }
  }

  #forgetOldest(): void {
    for (const [id, { health }] of this.#byId) {
      // a call on its way still reports to its record
      if (health.inFlight > 0) continue
      this.#byId.delete(id)
      return
    }
  }
}
