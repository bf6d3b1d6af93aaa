import { Hono } from 'hono'
import { expect, test } from 'vitest'

import { onError } from '#shared/problem.ts'

import { allowOrigins } from '../allow-origins.ts'
import { CapabilitySearch } from '../discovery/capability-search.ts'
import type { RouterApp } from '../env.ts'
import { identify } from '../identify.ts'
import { createIsolateState } from '../isolate-state.ts'
import { mcpRoutes } from './mcp-routes.ts'

const ALLOWED = 'https://app.example'

function statusFor(host: string, origin?: string): Promise<number> {
  const app = new Hono<RouterApp>()
  app.onError(onError)
  app.use(identify(createIsolateState()))
  app.use(allowOrigins)
  app.route('/mcp', mcpRoutes(new CapabilitySearch()))
  const headers = new Headers(origin === undefined ? {} : { origin })
  const init = { method: 'POST', headers, body: '{}' }
  const context = { waitUntil() {}, passThroughOnException() {}, props: {} }
  const asked = app.request(`https://${host}/mcp`, init, { ALLOWED_ORIGINS: ALLOWED }, context)
  return Promise.resolve(asked).then(({ status }) => status)
}

test('lets in who is no page, and pages that are allowed, to show their key', async () => {
  expect(await statusFor('mesh.example')).toBe(401)
  expect(await statusFor('mesh.example', ALLOWED)).toBe(401)
})

test.each([
  ['a page of another origin', 'mesh.example', 'https://evil.example'],
  ['a page whose name was made to resolve to here', 'evil.example', 'https://evil.example'],
  ['a page without an origin of its own', 'mesh.example', 'null'],
])('turns away %s', async (_, host, origin) => {
  expect(await statusFor(host, origin)).toBe(403)
})
