import { Hono, type MiddlewareHandler } from 'hono'

import { parseJson } from '#shared/json.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { answerErrorsAs } from '#shared/problem.ts'
import { MAX_DEADLINE_MS } from '#shared/protocol.ts'

import { requireKey } from '../authenticate.ts'
import type { CapabilitySearch } from '../discovery/capability-search.ts'
import type { RouterApp } from '../env.ts'
import { readInTime } from '../perform.ts'
import { jsonRpcError } from './json-rpc-error.ts'

/**
 * `POST /mcp`: the Model Context Protocol over streamable HTTP, in the revision of 2026 as in those of 2025.
 * Stateless: each message is answered from the snapshot of its moment.
 */
export function mcpRoutes(search: CapabilitySearch): Hono<RouterApp> {
  const app = new Hono<RouterApp>()
  app.use(answerErrorsAs(jsonRpcError))
  app.use(refuseForeignOrigin)
  app.use(requireKey('infer'))

  app.post('/', async (c) => {
    const message = parseJson(await readInTime(c, '[mcp]', MAX_DEADLINE_MS), 'the message')
    if (Array.isArray(message)) {
      // one request could otherwise ask for any number of inferences
      throw new MeshError('invalid_request', 'send one JSON-RPC message; batches left MCP in 2025')
    }
    // the SDK's schemas take as long to set up as all of the router: who doesn't speak MCP doesn't wait for them
    const { serveMessage } = await import('./serve-message.ts')
    const { body, status, headers } = await serveMessage(c, search, message)
    return new Response(body, { status, headers })
  })
  return app
}

/**
 * MCP asks for this check. A page may call only when ALLOWED_ORIGINS has its origin, which `allowOrigins` has
 * told it by now in the header that browsers read. That the origin is this host's own proves nothing: a page
 * that made a browser resolve its name to here is of that name too. Who sends no origin is no page.
 */
const refuseForeignOrigin: MiddlewareHandler<RouterApp> = async function checkOrigin(c, next) {
  const origin = c.req.header('origin')
  const allowed = c.res.headers.get('access-control-allow-origin')
  if (origin !== undefined && origin !== allowed) {
    throw new MeshError('forbidden', 'pages of another origin may not call this address')
  }
  await next()
}
