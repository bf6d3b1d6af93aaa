import { MESH_VERSION } from '#shared/protocol.ts'

/** The MCP server as its registries describe one: where it is and how to get in. */
export function mcpServerCard(origin: string): Record<string, unknown> {
  return {
    name: 'capillary/mesh',
    title: 'Capillary',
    description: 'A mesh of small models: every capability is a tool.',
    version: MESH_VERSION,
    remotes: [
      {
        type: 'streamable-http',
        url: `${origin}/mcp`,
        headers: [
          {
            name: 'Authorization',
            description: 'Bearer and an API key of the mesh with the scope infer',
            isRequired: true,
            isSecret: true,
          },
        ],
      },
    ],
  }
}
