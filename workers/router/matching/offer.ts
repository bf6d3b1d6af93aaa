import { producedTypes, type AnswerMediaType } from '#shared/media-answer.ts'

import { isRemote } from '#shared/remote-manifest.ts'

import type { DoorName } from '../door.ts'
import { editLists, type Edit } from '../registry/merge-sorted.ts'
import type { VersionPart } from '../rollout/version-parts.ts'
import type { Candidate, Deployment, RegisteredModel } from '../registry/snapshot.ts'
import type { Measured } from './measured.ts'
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
  /** Whether probes reach them. */
  reachable: boolean
  list: WeightedList<Deployment>
}

/** A model version with the deployments that take its traffic, arranged for matching. */
export interface Offer {
  model: RegisteredModel
  measured: Measured
  produces: readonly AnswerMediaType[]
  /** `Candidate.cacheAs` of its deployments. */
  cacheAs: string | null
  /** By door, then by place. */
  pools: readonly Pool[]
  /** What a rollout makes of the version. */
  part?: VersionPart | undefined
}

export function createOffer(
  model: RegisteredModel,
  measured: Measured,
  pools: readonly Pool[],
  part?: VersionPart,
): Offer {
  const produces = producedTypes(model.manifest)
  return { model, measured, produces, cacheAs: cacheNameOf(model), pools, part }
}

/**
 * The pools of a version after some of its deployments changed: those that none of them is in stay as they are.
 *
 * @param isAdmitted whether a deployment may take traffic, as far as its examples go
 */
export function editPools(
  pools: readonly Pool[],
  edits: readonly Edit<Deployment>[],
  isAdmitted: (own: Deployment) => boolean = () => true,
): readonly Pool[] {
  return (['task', 'tensor'] as const).flatMap((door) => {
    const behind = pools.filter((pool) => pool.door === door)
    const known = new Map(behind.map((pool) => [placeKey(pool), pool]))
    const serving = (own: Deployment | undefined) =>
      own && takesTraffic(own) && opensDoor(own.transport, door) ? own : undefined
    const edited = editLists(
      new Map(Array.from(known, ([key, { list }]) => [key, list.items])),
      edits.map(({ old, next }) => ({
        old: serving(old),
        next: next && isAdmitted(next) ? serving(next) : undefined,
      })),
      (own) => placeKey(poolOf(own)),
      byId,
    )
    for (const [key, items] of edited) {
      const [first] = items ?? []
      if (items && first) known.set(key, { ...poolOf(first), door, list: weightedList(items) })
      else known.delete(key)
    }
    return Array.from(known)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, pool]) => pool)
  })
}

/** What an attempt must know of a deployment of the offer. Made for those few that are drawn: a large registry has many. */
export function candidateOf(
  { model, produces, cacheAs, part }: Offer,
  deployment: Deployment,
): Candidate {
  return { ...deployment, produces, cacheAs, capability: model.manifest.capability, part }
}

/** The order of deployments in each list. */
export function byId(a: Pick<Deployment, 'id'>, b: Pick<Deployment, 'id'>): number {
  return a.id === b.id ? 0 : a.id < b.id ? -1 : 1
}

/** A region is the owner's own words, so it comes last. */
function placeKey({ placement, egress, reachable, region }: Omit<Pool, 'door' | 'list'>): string {
  return `${placement} ${egress} ${reachable} ${region === null ? '' : `in ${region}`}`
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

function poolOf(own: Deployment): Omit<Pool, 'door' | 'list'> {
  return { ...placeOf(own), reachable: own.unreachableSince === null }
}

type IsLive = (own: Deployment) => boolean

/** How many deployments may be called at a door. */
export function countServing(offers: readonly Offer[], door: DoorName, isLive: IsLive): number {
  return listsAt(offers, door).reduce((sum, list) => sum + list.filter(isLive).length, 0)
}

/** Whether any may. */
export function isServing(offers: readonly Offer[], door: DoorName, isLive: IsLive): boolean {
  return listsAt(offers, door).some((list) => list.some(isLive))
}

function listsAt(offers: readonly Offer[], door: DoorName): (readonly Deployment[])[] {
  return offers
    .flatMap(({ pools }) => pools)
    .filter((pool) => pool.door === door)
    .map(({ list }) => list.items)
}

/** How messages name a model version, as `versionKey` does. */
export function nameOf({ model: { manifest } }: Pick<Offer, 'model'>): string {
  return `${manifest.id}@${manifest.version}`
}
