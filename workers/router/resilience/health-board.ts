import { LeaseBoard } from '../leases/lease-board.ts'
import { DeploymentHealth } from './deployment-health.ts'
import { findOutliers } from './outlier-detection.ts'
import { RetryBudget } from './retry-budget.ts'
import { WorkUnderWay } from './work-under-way.ts'

/** An isolate calls few of the deployments that a large registry has; some 2 kB each. */
const MAX_KNOWN = 4_096
/** Envoy's interval between sweeps. */
const SWEEP_MS = 10_000

/** A deployment as the board knows it. */
export interface Known {
  id: string
  /** Where it is: what was learned of one place says nothing of another that took its name. Models of one node share it. */
  target: string
  /** Deployments are compared with others of their model. */
  modelId: string
}

interface Entry {
  id: string
  model: string
  target: string
  health: DeploymentHealth
  /** Of all deployments of this target. */
  work: WorkUnderWay
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
    const known = this.#byId.get(id)
    const entry = known?.target === target ? known : this.#begin({ id, target, modelId })
    this.#byId.delete(id)
    this.#byId.set(id, entry)
    if (this.#byId.size > MAX_KNOWN) this.#forgetOldest()
    return entry.health
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

  #begin({ id, target, modelId: model }: Known): Entry {
    const others = this.#byId.values().find((own) => own.target === target)
    const work = others?.work ?? new WorkUnderWay()
    return { id, model, target, health: new DeploymentHealth(work), work }
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
