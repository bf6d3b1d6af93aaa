import type { Context } from 'hono'
import { expect, test, vi } from 'vitest'

import { CapabilitySearch } from '../discovery/capability-search.ts'
import type { RouterApp } from '../env.ts'
import { serveMessage } from './serve-message.ts'

const REVISION = '2026-07-28'

const message = {
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: {
    name: 'find-capability',
    arguments: { query: 'x' },
    _meta: {
      'io.modelcontextprotocol/protocolVersion': REVISION,
      'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
}

/** A request whose registry answers when it is let. */
function waiting(signal: AbortSignal) {
  const asked = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const wait = async () => {
    asked.resolve()
    await released.promise
    throw new Error('no registry')
  }
  const variables = new Map<string, unknown>([
    ['registry', { current: wait, recheck: wait }],
    ['told', new Map()],
    ['requestId', 'request-1'],
  ])
  const raw = new Request('http://localhost/mcp', {
    method: 'POST',
    signal,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': REVISION,
      'mcp-method': message.method,
      'mcp-name': message.params.name,
    },
  })
  const own = { req: { raw }, env: { DB: {} }, get: (name: string) => variables.get(name) }
  // as: what serving reads of a context
  return {
    c: own as unknown as Context<RouterApp>,
    asked: asked.promise,
    release: released.resolve,
  }
}

/** The place that it takes of the isolate is given back when this ends. */
test('a call whose client hangs up is waited for', async () => {
  // the registry's failure is logged
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  const client = new AbortController()
  const { c, asked, release } = waiting(client.signal)
  let isServed = false
  const served = serveMessage(c, new CapabilitySearch(), message).finally(() => (isServed = true))
  await asked
  client.abort()
  // the SDK's own answer to that comes within this turn
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(isServed).toBe(false)
  release()
  expect((await served).status).toBe(499)
  logged.mockRestore()
})
