import { modelPredicates } from './model-predicates.ts'
import type { Needs } from './needs.ts'
import { nameOf, type Offer, type Place, type Pool } from './offer.ts'
import { placePredicates } from './place-predicates.ts'
import type { Predicate } from './predicate.ts'

/** The deployments of one place that can serve a request. */
export interface Match {
  offer: Offer
  pool: Pool
}

/** Why something can't serve a request: the first question it failed. */
export interface Failure {
  predicate: string
  reason: string
}

/** Every pool that can serve the request. Pure: the same snapshot and needs give the same. */
export function match(offers: readonly Offer[], needs: Needs): Match[] {
  return offers.flatMap((offer) =>
    firstFailure(modelPredicates, needs, offer)
      ? []
      : offer.pools
          .filter((pool) => pool.door === needs.door && !placeFailure(needs, pool))
          .map((pool) => ({ offer, pool })),
  )
}

/** Why the model itself can't serve it, wherever it runs. */
export function modelFailure(needs: Needs, offer: Offer): Failure | undefined {
  return firstFailure(modelPredicates, needs, offer)
}

/** Whether the question is one about models. */
export function isOfModels({ predicate }: Failure): boolean {
  return modelPredicates.some(({ name }) => name === predicate)
}

/** Why a deployment at this place can't serve it. */
export function placeFailure(needs: Needs, place: Place): Failure | undefined {
  return firstFailure(placePredicates, needs, place)
}

function firstFailure<Subject>(
  predicates: readonly Predicate<Subject>[],
  needs: Needs,
  subject: Subject,
): Failure | undefined {
  for (const { name, fails } of predicates) {
    const reason = fails(needs, subject)
    if (reason !== undefined) return { predicate: name, reason }
  }
  return undefined
}

/** A question that left nobody, and why each of those it was put to failed. */
export interface Elimination {
  predicate: Predicate<never>
  reasons: readonly string[]
}

/** The question about the models that left none of them; undefined when some model is right, were it not for its places. */
export function modelElimination(offers: readonly Offer[], needs: Needs): Elimination | undefined {
  let left = offers
  for (const predicate of modelPredicates) {
    const failed = left.map((offer) => ({ offer, reason: predicate.fails(needs, offer) }))
    left = failed.filter(({ reason }) => reason === undefined).map(({ offer }) => offer)
    if (left.length > 0) continue
    const reasons = failed.map(({ offer, reason }) => `${nameOf(offer)}: ${reason}`)
    return { predicate, reasons }
  }
  return undefined
}
