import {
  ProtocolError,
  ProtocolErrorCode,
  type ListToolsResult,
  type Tool,
} from '@modelcontextprotocol/server'

import { descriptionOf, type CapabilityDocument } from '../discovery/documents.ts'
import { answerSchema } from './answer-schema.ts'
import { findCapabilityTool } from './find-capability.ts'
import { inputSchemaOf } from './tool-input.ts'
import { toolName } from './tool-name.ts'

/** Tools in one answer; each takes a kilobyte or two of a model's attention. */
export const TOOLS_IN_A_PAGE = 100

/** Documents are made once of each snapshot, and so are their tools. */
const tools = new WeakMap<CapabilityDocument, Tool>()

/**
 * The tools there are, `find-capability` first, then by name. A cursor is the last name of the page before, so
 * that what is registered meanwhile neither repeats nor hides one.
 */
export function listTools(
  documents: readonly CapabilityDocument[],
  cursor: string | undefined,
): ListToolsResult {
  if (cursor !== undefined && !/^[a-z0-9-]+_[a-z0-9-]+$/.test(cursor)) {
    throw new ProtocolError(
      ProtocolErrorCode.InvalidParams,
      'the cursor must be one that tools/list gave',
    )
  }
  const named = documents
    .map((document) => ({ name: toolName(document.capability), document }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .filter(({ name }) => cursor === undefined || name > cursor)
  const page = named.slice(0, TOOLS_IN_A_PAGE)
  const last = page.at(-1)
  return {
    tools: [
      ...(cursor === undefined ? [findCapabilityTool] : []),
      ...page.map(({ document }) => toolOf(document)),
    ],
    ...(named.length > page.length && last ? { nextCursor: last.name } : {}),
  }
}

/** The media types that a capability's tool takes. */
export function typesOf({ models }: CapabilityDocument): string[] {
  return [...new Set(models.flatMap(({ manifest }) => manifest.accepts))]
}

function toolOf(document: CapabilityDocument): Tool {
  const known = tools.get(document)
  if (known) return known
  const manifests = document.models.map(({ manifest }) => manifest)
  const outputSchema = answerSchema(document.capability, manifests)
  const most = Math.max(...manifests.map(({ limits }) => limits.inputBytes))
  const tool: Tool = {
    name: toolName(document.capability),
    title: document.titles.join(' / '),
    description: `${descriptionOf(document)} Takes at most ${most} bytes.`,
    inputSchema: inputSchemaOf(typesOf(document)),
    ...(outputSchema ? { outputSchema } : {}),
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
  }
  tools.set(document, tool)
  return tool
}
