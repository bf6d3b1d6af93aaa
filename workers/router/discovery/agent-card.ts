import { producedTypes } from '#shared/media-answer.ts'
import { MESH_VERSION } from '#shared/protocol.ts'

import { descriptionOf, type CapabilityDocument } from './documents.ts'

/** A longer example would drown the skill it is part of. */
const MAX_EXAMPLE_CHARS = 200
const MAX_EXAMPLES = 3

/**
 * The mesh as an A2A 1.0 agent card. It speaks none of A2A's own bindings, so the interfaces name, by URI as the
 * specification wants it of others, what is really spoken: docs/decisions/0008-discovery.md.
 */
export function agentCard(documents: readonly CapabilityDocument[], origin: string): object {
  const skills = documents.map(skillOf)
  const modes = (field: 'inputModes' | 'outputModes') => [
    ...new Set(skills.flatMap((skill) => skill[field])),
  ]
  return {
    name: 'Capillary',
    description: 'A mesh of small models, called by capability: each skill is one.',
    version: MESH_VERSION,
    documentationUrl: `${origin}/docs`,
    supportedInterfaces: [
      {
        url: `${origin}/mcp`,
        protocolBinding:
          'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports',
        protocolVersion: '1.0',
      },
      {
        url: `${origin}/infer`,
        protocolBinding: `${origin}/openapi.json`,
        protocolVersion: '1.0',
      },
    ],
    capabilities: { streaming: false, pushNotifications: false, extendedAgentCard: false },
    securitySchemes: {
      key: {
        httpAuthSecurityScheme: {
          scheme: 'Bearer',
          description: 'An API key of the mesh with the scope infer',
        },
      },
    },
    securityRequirements: [{ schemes: { key: { list: [] } } }],
    defaultInputModes: modes('inputModes'),
    defaultOutputModes: modes('outputModes'),
    skills,
  }
}

function skillOf(document: CapabilityDocument): {
  id: string
  name: string
  description: string
  tags: string[]
  examples: string[]
  inputModes: string[]
  outputModes: string[]
} {
  const { capability, models, titles } = document
  const manifests = models.map(({ manifest }) => manifest)
  const texts = manifests.flatMap(({ examples }) =>
    examples.flatMap(({ input }) => ('text' in input ? [input.text] : [])),
  )
  return {
    id: capability,
    name: titles.join(' / '),
    description: descriptionOf(document),
    tags: capability.split('/'),
    examples: texts.filter((text) => text.length <= MAX_EXAMPLE_CHARS).slice(0, MAX_EXAMPLES),
    inputModes: [...new Set(manifests.flatMap(({ accepts }) => accepts))],
    outputModes: [...new Set(manifests.flatMap(producedTypes))],
  }
}
