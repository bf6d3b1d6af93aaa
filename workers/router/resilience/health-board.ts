import { DeploymentHealth } from './deployment-health.ts'
import { RetryBudget } from './retry-budget.ts'

/** An isolate calls few of the deployments that a large registry has; some 2 kB each. */
const MAX_KNOWN = 4_096

/** The health of the deployments this isolate has called; those not called for longest are forgotten. */
export class HealthBoard {
  readonly budget = new RetryBudget()
  readonly #byId = new Map<string, DeploymentHealth>()

  /** What is known of a deployment, if anything. */
  find(id: string): DeploymentHealth | undefined {
    return this.#byId.get(id)
  }

  /** The record of a deployment that is about to be called. */
  of(id: string): DeploymentHealth {
    const health = this.#byId.get(id) ?? new DeploymentHealth()
    this.#byId.delete(id)
    this.#byId.set(id, health)
    if (this.#byId.size > MAX_KNOWN) this.#forgetOldest()
    return health
  }

  #forgetOldest(): void {
    for (const [id, health] of this.#byId) {
      // a call on its way still reports to its record
      if (health.inFlight > 0) continue
      this.#byId.delete(id)
      return
    }
  }
}
