import {
  ProtocolError,
  ProtocolErrorCode,
  type CallToolRequestParams,
  type CallToolResult,
} from '@modelcontextprotocol/server'
import type { Context } from 'hono'

import { asMeshError, logFailure } from '#shared/problem.ts'

import { constraintsOf } from '../constraints.ts'
import type { CapabilitySearch } from '../discovery/capability-search.ts'
import { documentsOf, type CapabilityDocument } from '../discovery/documents.ts'
import { task } from '../doors/task.ts'
import type { RouterApp } from '../env.ts'
import { findCandidates, perform } from '../perform.ts'
import { recheckedSnapshotOf, snapshotOf } from '../registry/request-snapshot.ts'
import { FIND_CAPABILITY, findCapability } from './find-capability.ts'
import { typesOf } from './list-tools.ts'
import { readToolInput } from './tool-input.ts'
import { toolName } from './tool-name.ts'
import { toolError, toolResult } from './tool-result.ts'

/** What the answer's headers tell over HTTP, an MCP client reads here. */
const TOLD = ['mesh-model', 'mesh-node', 'mesh-route'] as const

/**
 * Calls one tool. What goes wrong with the call is its result, so that the model that made it can mend it;
 * a tool that isn't there is an error of the protocol.
 */
export async function callTool(
  c: Context<RouterApp>,
  search: CapabilitySearch,
  { name, arguments: args }: CallToolRequestParams,
): Promise<CallToolResult> {
  try {
    const documents = documentsOf(await snapshotOf(c))
    if (name === FIND_CAPABILITY) return await findCapability(c, search, documents, args)
    const document = find(documents, name) ?? find(documentsOf(await recheckedSnapshotOf(c)), name)
    if (!document) throw unknownTool(name)
    const result = await infer(c, document, name, args)
    return { ...result, _meta: told(c) }
  } catch (err) {
    if (err instanceof ProtocolError) throw err
    const known = asMeshError(err)
    logFailure(known, { tool: name.slice(0, 96), request: c.get('requestId') })
    const result = toolError(known)
    return { ...result, _meta: { ...result._meta, ...told(c) } }
  }
}

async function infer(
  c: Context<RouterApp>,
  document: CapabilityDocument,
  name: string,
  args: unknown,
): Promise<CallToolResult> {
  const started = Date.now()
  const { body, contentType, constraints: own } = readToolInput(args, typesOf(document))
  const constraints = constraintsOf(c.req.raw.headers, own)
  const candidates = await findCandidates(c, document.capability, constraints)
  const answer = await perform(c, {
    door: task,
    candidates,
    constraints,
    started,
    body,
    headers: { 'content-type': contentType },
  })
  return toolResult(answer, name)
}

function find(
  documents: readonly CapabilityDocument[],
  name: string,
): CapabilityDocument | undefined {
  return documents.find(({ capability }) => toolName(capability) === name)
}

function unknownTool(name: string): ProtocolError {
  return new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `there is no tool '${name.slice(0, 96)}'; tools/list lists all, ${FIND_CAPABILITY} finds one`,
  )
}

function told(c: Context<RouterApp>): Record<string, string> {
  const headers = c.get('told')
  const entries = TOLD.map((name): [string, string | undefined] => [name, headers.get(name)])
  return Object.fromEntries(
    entries.flatMap(([name, value]) => (value === undefined ? [] : [[`capillary/${name}`, value]])),
  )
}
