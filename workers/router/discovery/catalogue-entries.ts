/** The mesh as entries of an AI catalogue (Agentic Resource Discovery 0.9): one entry a capability, then its services. */
import { toolName } from '../mcp/tool-name.ts'
import { descriptionOf, type CapabilityDocument } from './documents.ts'
import { mcpServerCard } from './mcp-server-card.ts'

export interface CatalogueEntry {
  identifier: string
  displayName: string
  /** Media type of what `url` or `data` is. */
  type: string
  url?: string
  data?: Record<string, unknown>
  description: string
  tags: readonly string[]
  capabilities: readonly string[]
  /** What somebody who needs this may ask; two to five. */
  representativeQueries: readonly string[]
  version?: string
  metadata?: Record<string, string>
  trustManifest: { identity: string; identityType: 'https' }
}

/** An entry with the capability that it stands for; services, which lead to all of them, have none. */
export interface IndexedEntry {
  capability?: string
  entry: CatalogueEntry
}

const OPENAPI = 'application/vnd.oai.openapi+json;version=3.1'

/** Every entry, in an order that only the registry changes. */
export function catalogueEntries(
  documents: readonly CapabilityDocument[],
  origin: string,
): readonly IndexedEntry[] {
  const names = documents.map(({ capability }) => capability)
  const services = [
    service(origin, 'mcp', {
      displayName: 'Capillary as an MCP server',
      type: 'application/mcp-server-card+json',
      data: mcpServerCard(origin),
      description: 'Every capability of the mesh as a tool of the Model Context Protocol.',
      capabilities: names.map(toolName),
    }),
    service(origin, 'agent-card', {
      displayName: 'Capillary as an agent',
      type: 'application/a2a-agent-card+json',
      url: `${origin}/.well-known/agent-card.json`,
      description: 'Every capability of the mesh as a skill of an A2A agent card.',
      capabilities: names,
    }),
    service(origin, 'http-api', {
      displayName: 'Capillary over HTTP',
      type: OPENAPI,
      url: `${origin}/openapi.json`,
      description: 'Every capability of the mesh as a path of an OpenAPI document.',
      capabilities: names,
    }),
    service(origin, 'registry', {
      displayName: 'Search of the capabilities of a Capillary mesh',
      type: 'application/ai-registry+json',
      url: `${origin}/search`,
      description: 'Finds capabilities by what a caller wants in its own words.',
      capabilities: [],
    }),
  ]
  return [
    ...documents.map((document) => ({
      capability: document.capability,
      entry: capabilityEntry(document, origin),
    })),
    ...services.map((entry) => ({ entry })),
  ]
}

function service(
  origin: string,
  name: string,
  own: Pick<CatalogueEntry, 'displayName' | 'type' | 'description' | 'capabilities'> &
    Pick<CatalogueEntry, 'url' | 'data'>,
): CatalogueEntry {
  return {
    identifier: `urn:air:${publisherOf(origin)}:service:${name}`,
    ...own,
    tags: ['service'],
    representativeQueries: [own.displayName, own.description],
    trustManifest: trustOf(origin),
  }
}

function capabilityEntry(document: CapabilityDocument, origin: string): CatalogueEntry {
  const { capability, models, titles, descriptions, words } = document
  const [task = '', domain = ''] = capability.split('/')
  const versions = new Set(models.map(({ manifest }) => manifest.version))
  const [version] = versions
  const queries = new Set([...titles, words, ...descriptions.map(firstSentence)])
  return {
    identifier: `urn:air:${publisherOf(origin)}:capability:${task}:${domain}`,
    displayName: titles.join(' / '),
    type: OPENAPI,
    url: `${origin}/openapi.json`,
    description: descriptionOf(document),
    tags: [task, domain],
    capabilities: [capability],
    representativeQueries: [...queries].slice(0, 5),
    ...(versions.size === 1 && version !== undefined ? { version } : {}),
    metadata: { path: `/infer/${capability}`, mcpTool: toolName(capability) },
    trustManifest: trustOf(origin),
  }
}

/** Who publishes, as a URN writes it: the host that was asked, since a mesh has no other name. */
function publisherOf(origin: string): string {
  return new URL(origin).hostname.replaceAll(/[^a-zA-Z0-9.-]/g, '-')
}

function trustOf(origin: string): CatalogueEntry['trustManifest'] {
  return { identity: origin, identityType: 'https' }
}

function firstSentence(text: string): string {
  return /^.*?[.:;](?=\s|$)/.exec(text)?.[0].replace(/[.:;]$/, '') ?? text
}
