import type { CallToolResult, Tool } from '@modelcontextprotocol/server'
import type { Context } from 'hono'
import { z } from 'zod'

import { describeIssues } from '#shared/describe-issues.ts'
import { MeshError } from '#shared/mesh-error.ts'

import type { CapabilitySearch } from '../discovery/capability-search.ts'
import { descriptionOf, type CapabilityDocument } from '../discovery/documents.ts'
import type { RouterApp } from '../env.ts'
import { toolName } from './tool-name.ts'

const FindArguments = z.strictObject({
  query: z.string().trim().min(1).max(1_000).describe('What you want to do, in your own words'),
  limit: z.int().min(1).max(20).default(5),
})

const FindAnswer = z.object({
  how: z.enum(['semantic', 'lexical', 'memory']),
  results: z.array(
    z.object({
      tool: z.string(),
      capability: z.string(),
      title: z.string(),
      description: z.string(),
      score: z.int().min(0).max(100),
    }),
  ),
})

/** No capability's tool is called so: those have an underscore. */
export const FIND_CAPABILITY = 'find-capability'

/** For agents that would rather ask than read the whole list of tools. */
export const findCapabilityTool: Tool = {
  name: FIND_CAPABILITY,
  title: 'Find a capability',
  description:
    'Finds the tools of this mesh that fit what you want to do, best first, by meaning and by words.',
  // as: the schema of an object is one of type object
  inputSchema: z.toJSONSchema(FindArguments, { io: 'input' }) as Tool['inputSchema'],
  // as: likewise
  outputSchema: z.toJSONSchema(FindAnswer) as NonNullable<Tool['outputSchema']>,
  annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
}

/** Calls it. Throws `invalid_request` on arguments that aren't its own. */
export async function findCapability(
  c: Context<RouterApp>,
  search: CapabilitySearch,
  documents: readonly CapabilityDocument[],
  args: unknown,
): Promise<CallToolResult> {
  const parsed = FindArguments.safeParse(args ?? {})
  if (!parsed.success) throw new MeshError('invalid_request', describeIssues(parsed.error))
  const { query, limit } = parsed.data
  const { how, scores } = await search.find(c, query)
  const results = documents
    .map((document) => ({
      tool: toolName(document.capability),
      capability: document.capability,
      title: document.titles.join(' / '),
      description: descriptionOf(document),
      score: scores.get(document.capability) ?? 0,
    }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score)
    .slice(0, limit)
  const answer = { how, results } satisfies z.infer<typeof FindAnswer>
  return { content: [{ type: 'text', text: JSON.stringify(answer) }], structuredContent: answer }
}
