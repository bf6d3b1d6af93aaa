import type { Place } from './offer.ts'
import type { Predicate } from './predicate.ts'

/** Where a deployment must be, in the order it is asked. */
export const placePredicates: readonly Predicate<Place>[] = [
  {
    name: 'placement',
    code: 'no_deployment',
    fails: ({ placement }, own) => {
      const wanted = placement === 'edge-only' ? 'edge' : placement
      return wanted === 'any' || own.placement === wanted
        ? undefined
        : `it is ${own.placement}, and ${placement} is asked for`
    },
  },
  {
    name: 'egress',
    code: 'no_deployment',
    fails: ({ placement }, { egress }) =>
      placement === 'edge-only' && egress
        ? 'the input would leave this account, and edge-only is asked for'
        : undefined,
  },
  {
    name: 'region',
    code: 'no_deployment',
    fails: ({ region }, own) =>
      region === undefined || own.region === region
        ? undefined
        : `it is in ${own.region ?? 'no named region'}, and ${region} is asked for`,
  },
]
