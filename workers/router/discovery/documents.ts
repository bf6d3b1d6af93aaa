import { isServing } from '../matching/offer.ts'
import type { CapabilityEntry, ModelEntry, Snapshot } from '../registry/snapshot.ts'

/** One capability as people look for it: what its models' manifests say in words. */
export interface CapabilityDocument {
  capability: string
  models: readonly ModelEntry[]
  /** Task and domain as words, e.g. `text classification language`. */
  words: string
  titles: readonly string[]
  descriptions: readonly string[]
  labels: readonly string[]
  /** Names of golden examples, e.g. `an invoice`. */
  examples: readonly string[]
}

/** Snapshots are never changed, so what is made of one holds as long as it does. */
const documents = new WeakMap<Snapshot['offers'], readonly CapabilityDocument[]>()

/** Every capability that something ready offers, in the order of their names; of leases that ran out since it knows nothing. */
export function documentsOf({
  capabilities,
  offers,
}: Pick<Snapshot, 'capabilities' | 'offers'>): readonly CapabilityDocument[] {
  const known = documents.get(offers)
  if (known) return known
  const made = Array.from(capabilities)
    .filter(([id]) => isServing(offers.get(id) ?? [], 'task', () => true))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(describe)
  documents.set(offers, made)
  return made
}

/** The whole document as one text, to be embedded: task, domain, titles and descriptions. */
export function textOf({ words, titles, descriptions }: CapabilityDocument): string {
  return `${words}. ${titles.join('. ')}. ${descriptions.join(' ')}`
}

/** The descriptions as one paragraph. */
export function descriptionOf({ descriptions }: CapabilityDocument): string {
  return descriptions.join(' ')
}

function describe([capability, { models }]: [string, CapabilityEntry]): CapabilityDocument {
  const manifests = models.map(({ manifest }) => manifest)
  return {
    capability,
    models,
    words: capability.replaceAll(/[/-]/g, ' '),
    titles: [...new Set(manifests.map(({ title }) => title))],
    descriptions: [...new Set(manifests.map(({ description }) => description))],
    examples: manifests.flatMap(({ examples }) => examples.map(({ name }) => name)),
    labels: [...new Set(manifests.flatMap(({ labels }) => labels ?? []))],
  }
}
