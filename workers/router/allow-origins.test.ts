import { expect, test } from 'vitest'

import { createRouter } from './create-router.ts'
import type { RouterBindings } from './env.ts'

const APP = 'https://app.example'

/** An answer that needs no registry: there is no such address. */
async function ask(
  allowed: string | undefined,
  origin: string | undefined,
  init: RequestInit = {},
): Promise<Response> {
  // as: nothing of the registry is read here
  const env = (allowed === undefined ? {} : { ALLOWED_ORIGINS: allowed }) as RouterBindings
  const headers = new Headers(init.headers)
  if (origin !== undefined) headers.set('origin', origin)
  return createRouter().request('/nowhere', { ...init, headers }, env)
}
const allowedBy = (response: Response) => response.headers.get('access-control-allow-origin')

test('allows no page when nothing is set', async () => {
  for (const setting of [undefined, '']) {
    const response = await ask(setting, APP)
    expect(allowedBy(response)).toBeNull()
    expect(response.headers.get('vary')).toBeNull()
  }
})

test('allows the pages it is told, also to read an error and its request id', async () => {
  const response = await ask(`https://other.example, ${APP}`, APP)
  expect(response.status).toBe(404)
  expect(allowedBy(response)).toBe(APP)
  expect(response.headers.get('access-control-expose-headers')).toContain('x-request-id')
  expect(response.headers.get('access-control-allow-credentials')).toBeNull()
  expect(response.headers.get('vary')?.toLowerCase()).toContain('origin')
})

test.each([
  'https://app.example.evil.test',
  'https://evil.test',
  'http://app.example',
  'https://app.example:8443',
  'null',
])('does not allow %s', async (origin) => {
  const response = await ask(APP, origin)
  expect(allowedBy(response)).toBeNull()
  expect(response.headers.get('vary')?.toLowerCase()).toContain('origin')
})

test('allows any page by a star, and says nothing to who is no page', async () => {
  expect(allowedBy(await ask('*', 'https://any.example'))).toBe('https://any.example')
  expect(allowedBy(await ask('*', undefined))).toBeNull()
})

const PREFLIGHT = {
  method: 'OPTIONS',
  headers: {
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type,mesh-deadline-ms',
  },
}

test('answers a preflight of a page that may ask, with what it may send', async () => {
  const response = await ask(APP, APP, PREFLIGHT)
  expect(response.status).toBe(204)
  expect(allowedBy(response)).toBe(APP)
  const headers = response.headers.get('access-control-allow-headers')
  for (const name of ['authorization', 'content-type', 'mesh-deadline-ms']) {
    expect(headers).toContain(name)
  }
  expect(response.headers.get('access-control-allow-methods')).not.toContain('DELETE')
})

test.each([
  ['OpenAI', 'authorization,content-type,x-stainless-lang,x-stainless-retry-count'],
  ['MCP', 'authorization,content-type,mcp-protocol-version,mcp-session-id,last-event-id'],
  ['OIP', 'content-encoding,inference-header-content-length'],
  ['caches', 'cache-control,if-none-match'],
])("allows all headers that %s's clients send, to a page that may ask only", async (_, asked) => {
  const headers = { ...PREFLIGHT.headers, 'access-control-request-headers': asked }
  const answer = await ask(APP, APP, { ...PREFLIGHT, headers })
  expect(answer.headers.get('access-control-allow-headers')).toBe(asked)
  const refused = await ask(APP, 'https://evil.test', { ...PREFLIGHT, headers })
  expect(refused.headers.get('access-control-allow-headers')).toBeNull()
})

test('lets a page read what clients decide by', async () => {
  const exposed = (await ask(APP, APP)).headers.get('access-control-expose-headers')?.split(',')
  expect(exposed).toEqual(
    expect.arrayContaining([
      'x-should-retry',
      'x-compute-tokens',
      'mesh-search',
      'retry-after-ms',
      'etag',
      'cache-status',
      'age',
    ]),
  )
})

test('/mcp takes the pages that may ask, and no others', async () => {
  const statusFor = async (origin: string) => {
    const init = { method: 'POST', body: '{}', headers: { origin } }
    // as: a request without a key is refused before anything is read
    const env = { ALLOWED_ORIGINS: APP } as RouterBindings
    const context = { waitUntil() {}, passThroughOnException() {}, props: {} }
    return (await createRouter().request('/mcp', init, env, context)).status
  }
  expect(await statusFor(APP)).toBe(401)
  expect(await statusFor('https://evil.test')).toBe(403)
})

test('answers a preflight of any other page as a method that is not there', async () => {
  expect((await ask(APP, 'https://evil.test', PREFLIGHT)).status).toBe(404)
})

test.each([
  'app.example',
  'https://app.example/',
  'https://app.example/path',
  'https://a.example,,',
])('refuses the setting %j rather than guess what it means', async (setting) => {
  const response = await ask(setting, APP)
  expect(response.status).toBe(500)
  expect(allowedBy(response)).toBeNull()
})
