import { adminPaths } from './admin-paths.ts'
import { cataloguePaths } from './catalogue-paths.ts'
import { discoveryPaths } from './discovery-paths.ts'
import { errorSchemas } from './error-answers.ts'
import { huggingFacePaths } from './hugging-face-paths.ts'
import { inferPaths } from './infer-paths.ts'
import { mcpPaths } from './mcp-paths.ts'
import { oipPaths } from './oip-paths.ts'
import { openAiPaths } from './openai-paths.ts'
import type { Part, PathGroup } from './path-group.ts'
import { rolloutPaths } from './rollout-paths.ts'
import { servicePaths } from './service-paths.ts'
import { verificationPaths } from './verification-paths.ts'
import type { Snapshot } from '../registry/snapshot.ts'

const GROUPS: readonly PathGroup[] = [
  inferPaths,
  cataloguePaths,
  huggingFacePaths,
  openAiPaths,
  oipPaths,
  mcpPaths,
  discoveryPaths,
  servicePaths,
  adminPaths,
  verificationPaths,
  rolloutPaths,
]

/**
 * OpenAPI 3.1 of this mesh as it is now: every address, and one path a capability from the registry's own rows.
 * Without `servers`, which depend on who asks (openapi-routes.ts).
 */
export function openApi(snapshot: Pick<Snapshot, 'capabilities' | 'version' | 'versions'>): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Capillary',
      version: `registry-${snapshot.version}`,
      description: 'A mesh of small models, called by capability.',
    },
    security: [{ key: [] }],
    paths: pathsOf(snapshot),
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
      schemas: errorSchemas(),
    },
  }
}

/** Groups may share a path, each with methods of its own. */
function pathsOf(snapshot: Parameters<PathGroup>[0]): Part {
  const paths: Record<string, Part> = {}
  for (const group of GROUPS) {
    for (const [path, item] of Object.entries(group(snapshot))) {
      paths[path] = { ...paths[path], ...item }
    }
  }
  return paths
}
