import { producedTypes, type AnswerMediaType } from '#shared/media-answer.ts'

import { isRemote } from '#shared/remote-manifest.ts'

import type { DoorName } from '../door.ts'
import type { Candidate, Deployment, RegisteredModel } from '../snapshot.ts'
import { NOTHING_MEASURED, type Measured } from './measured.ts'
import { weightedList, type WeightedList } from './weighted-list.ts'

/** Where deployments are, as far as a request may care: all of one pool are alike in it. */
export interface Place {
  placement: Deployment['placement']
  region: string | null
  /** Whether the input leaves this account on its way there. */
  egress: boolean
}

export interface Pool extends Place {
  door: DoorName
  list: WeightedList<Candidate>
}

/** A model version with the deployments that take its traffic, arranged for matching. */
export interface Offer {
  model: RegisteredModel
  measured: Measured
  produces: readonly AnswerMediaType[]
  pools: readonly Pool[]
}

export function createOffer(
  model: RegisteredModel,
  deployments: readonly Deployment[],
  measured: Measured = NOTHING_MEASURED,
): Offer {
  const produces = producedTypes(model.manifest)
  const cacheAs = cacheNameOf(model)
  const { capability } = model.manifest
  // one object a deployment, whichever doors it has: a large registry has many
  const serving = deployments
    .filter(takesTraffic)
    .map((deployment): Candidate => Object.assign({ produces, cacheAs, capability }, deployment))
  const pools = (['task', 'tensor'] as const).flatMap((door) => {
    const behind = serving.filter(({ transport }) => opensDoor(transport, door))
    const places = Map.groupBy(behind, placeKey)
    return Array.from(places.values(), (own): Pool => {
      const [first] = own as [Candidate] // as: a group has at least one
      return { ...placeOf(first), door, list: weightedList(own) }
    })
  })
  return { model, measured, produces, pools }
}

/** Of what `placeOf` says; a region is the owner's own words, so it comes last. */
function placeKey({ placement, transport, region }: Deployment): string {
  return `${placement} ${transport === 'binding'} ${region === null ? '' : `in ${region}`}`
}

function cacheNameOf({ manifest, artefacts }: RegisteredModel): string | null {
  if (isRemote(manifest) || manifest.cache === false) return null
  const digests = Object.entries(artefacts)
    .map((entry) => entry.join(':'))
    .toSorted()
  return [manifest.id, manifest.version, ...digests].join(' ')
}

/** Weight 0 takes none. */
export function takesTraffic({ state, weight }: Pick<Deployment, 'state' | 'weight'>): boolean {
  return state === 'ready' && weight > 0
}

/** A server that isn't ours has no codec of the model. */
export function opensDoor(transport: Deployment['transport'], door: DoorName): boolean {
  return door === 'tensor' || transport !== 'oip'
}

export function placeOf({ placement, region, transport }: Deployment): Place {
  return { placement, region, egress: transport !== 'binding' }
}

/** How many deployments may be called at a door. */
export function countServing(offers: readonly Offer[], door: DoorName): number {
  return offers
    .flatMap(({ pools }) => pools)
    .filter((pool) => pool.door === door)
    .reduce((sum, { list }) => sum + list.items.length, 0)
}

/** How messages name a model version, as `versionKey` does. */
export function nameOf({ model: { manifest } }: Pick<Offer, 'model'>): string {
  return `${manifest.id}@${manifest.version}`
}
