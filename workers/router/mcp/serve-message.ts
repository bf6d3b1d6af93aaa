import {
  createMcpHandler,
  isLegacyRequest,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server'
import type { Context } from 'hono'

import { asMeshError, logFailure } from '#shared/problem.ts'
import { MESH_VERSION } from '#shared/protocol.ts'

import type { CapabilitySearch } from '../discovery/capability-search.ts'
import { documentsOf, type CapabilityDocument } from '../discovery/documents.ts'
import type { RouterApp } from '../env.ts'
import { snapshotOf } from '../registry/request-snapshot.ts'
import { callTool } from './call-tool.ts'
import { listTools } from './list-tools.ts'

const INSTRUCTIONS =
  'Each tool is a capability that small models of this mesh offer. ' +
  'find-capability finds the right one by what you want to do.'

/** Answers one message of a client as one JSON document, in the revision of MCP that the client speaks. */
export async function serveMessage(
  c: Context<RouterApp>,
  search: CapabilitySearch,
  message: unknown,
): Promise<Response> {
  const calls: Promise<unknown>[] = []
  const server = createServer(c, search, calls)
  try {
    return await answerMessage(server, c.req.raw, message)
  } finally {
    // the SDK gives up on a call when a signal tells that its client has hung up; what it takes of the isolate counts until it ends
    await Promise.allSettled(calls)
  }
}

async function answerMessage(server: Server, request: Request, message: unknown) {
  if (await isLegacyRequest(request, message)) {
    const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true })
    await server.connect(transport)
    return transport.handleRequest(request, { parsedBody: message })
  }
  // nothing is ever announced, so no stream is kept open for it
  const options = { legacy: 'reject', maxSubscriptions: 0 } as const
  return createMcpHandler(() => server, options).fetch(request, { parsedBody: message })
}

/** A server of one message; what it is asked to call is added to `calls`. */
function createServer(
  c: Context<RouterApp>,
  search: CapabilitySearch,
  calls: Promise<unknown>[],
): Server {
  const server = new Server(
    { name: 'capillary', title: 'Capillary', version: MESH_VERSION },
    { capabilities: { tools: { listChanged: false } }, instructions: INSTRUCTIONS },
  )
  server.setRequestHandler('tools/list', async ({ params }) =>
    listTools(await findDocuments(c), params?.cursor),
  )
  server.setRequestHandler('tools/call', ({ params }) => {
    const call = callTool(c, search, params)
    calls.push(call)
    return call
  })
  return server
}

/** The SDK would answer whatever is thrown by its own words: what is ours is logged, and told blandly. */
async function findDocuments(c: Context<RouterApp>): Promise<readonly CapabilityDocument[]> {
  try {
    return documentsOf(await snapshotOf(c))
  } catch (err) {
    const known = asMeshError(err)
    logFailure(known, { path: 'tools/list', request: c.get('requestId') })
    throw new ProtocolError(ProtocolErrorCode.InternalError, known.message)
  }
}
