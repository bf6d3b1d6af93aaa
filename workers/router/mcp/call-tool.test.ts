import type { Context } from 'hono'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { CapabilitySearch } from '../discovery/capability-search.ts'
import type { RouterApp } from '../env.ts'
import { callTool } from './call-tool.ts'

const lines: string[] = []
beforeEach(() => {
  lines.length = 0
  vi.spyOn(console, 'error').mockImplementation((line: string) => void lines.push(line))
})
afterEach(() => void vi.restoreAllMocks())

/** A request whose registry fails. */
function failing(error: Error): Context<RouterApp> {
  const fail = async () => {
    throw error
  }
  const registry = { current: fail, recheck: fail }
  const variables = new Map<string, unknown>([
    ['registry', registry],
    ['told', new Map()],
    ['requestId', 'request-1'],
  ])
  const own = {
    req: { raw: { headers: new Headers() } },
    env: { DB: {} },
    get: (name: string) => variables.get(name),
  }
  // as: what callTool reads of a context
  return own as unknown as Context<RouterApp>
}

test('what breaks on our side is logged with its cause, and told as a result without it', async () => {
  const params = { name: 'find-capability', arguments: { query: 'x' } }
  const result = await callTool(
    failing(new TypeError('the real bug')),
    new CapabilitySearch(),
    params,
  )
  expect(result.isError).toBe(true)
  expect(JSON.stringify(result)).not.toContain('the real bug')
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({
      event: 'internal',
      tool: 'find-capability',
      request: 'request-1',
      cause: expect.stringContaining('TypeError: the real bug'),
    }),
  ])
})
