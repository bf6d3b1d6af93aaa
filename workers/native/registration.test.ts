import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterEach, beforeEach, expect, test, vi, type MockInstance } from 'vitest'

import { parseConfig } from './config.ts'
import { Registration } from './registration.ts'

const KEY = `cap_${'k'.repeat(43)}`
const MODELS = [
  { id: 'one', version: '1' },
  { id: 'two', version: '3' },
]
/** Renewed at a third of it at the latest. */
const LEASE_SECONDS = 1

interface Call {
  method: string
  path: string
  authorization: string | undefined
  body: Record<string, unknown>
}

let server: Server
let registration: Registration
let calls: Call[]
let warned: MockInstance<typeof console.warn>
/** Ids that the router knows, and what it answers to whatever is asked when it is in trouble. */
let known: Set<string>
let trouble: { status: number; body: string } | undefined

beforeEach(async () => {
  vi.spyOn(console, 'info').mockImplementation(() => {})
  warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
  calls = []
  known = new Set()
  trouble = undefined
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> // as: our own JSON
      const { method = '', url: path = '', headers } = request
      calls.push({ method, path, authorization: headers.authorization, body })
      const { status, body: answer } = trouble ?? routerAnswer(method, path, body)
      response.writeHead(status, { 'content-type': 'application/json', connection: 'close' })
      response.end(answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // as: it listens on a port
  registration = new Registration({
    routerUrl: `http://127.0.0.1:${port}`,
    key: KEY,
    leaseSeconds: LEASE_SECONDS,
    nodeId: 'own',
    publicUrl: 'https://own.example.com',
    models: MODELS,
  })
})
afterEach(async () => {
  await registration.leave()
  server.close()
  vi.restoreAllMocks()
})

function routerAnswer(method: string, path: string, body: Record<string, unknown>) {
  if (method === 'DELETE') return { status: 202, body: '{}' }
  if (path === '/admin/deployments') {
    const id = `${String(body.model)}@${String(body.version)}/${String(body.node)}`
    known.add(id)
    return { status: 201, body: JSON.stringify({ id, state: 'ready' }) }
  }
  const refused = (body.deployments as string[]).filter((id) => !known.has(id)) // as: what is sent here
  return { status: 200, body: JSON.stringify({ renewed: [], refused }) }
}
const of = (path: string) => calls.filter((call) => call.path === path)
const logged = () => JSON.stringify(warned.mock.calls)

test('registers each model with its key, renews all of them at once, and says when it leaves', async () => {
  registration.start()
  await expect.poll(() => of('/admin/leases').length).toBeGreaterThan(1)
  expect(of('/admin/deployments').map(({ body }) => body)).toEqual(
    MODELS.map(({ id, version }) => ({
      model: id,
      version,
      node: 'own',
      placement: 'native',
      transport: 'http',
      target: 'https://own.example.com',
      leaseSeconds: LEASE_SECONDS,
    })),
  )
  const ids = ['one@1/own', 'two@3/own']
  expect(of('/admin/leases')[0]?.body).toEqual({ deployments: ids })
  await registration.leave()
  expect(calls.slice(-2).map(({ method, path }) => `${method} ${path}`)).toEqual(
    ids.map((id) => `DELETE /admin/deployments/${id}`),
  )
  expect(new Set(calls.map(({ authorization }) => authorization))).toEqual(
    new Set([`Bearer ${KEY}`]),
  )
})

test('registers again what the router has forgotten', async () => {
  registration.start()
  await expect.poll(() => known.size).toBe(2)
  known.delete('one@1/own')
  await expect.poll(() => known.size).toBe(2)
  expect(of('/admin/deployments').map(({ body }) => body.model)).toEqual(['one', 'two', 'one'])
})

test('goes on trying while the router is in trouble, and never shows its key', async () => {
  trouble = { status: 503, body: 'no JSON' }
  registration.start()
  await expect.poll(() => calls.length, { timeout: 5_000 }).toBeGreaterThan(2)
  expect(logged()).toContain('the router answered 503')
  expect(logged()).not.toContain(KEY)
  trouble = undefined
  await expect.poll(() => known.size, { timeout: 5_000 }).toBe(2)
})

test('serves on when the router refuses it, and says why', async () => {
  const problem = { code: 'model_unknown', detail: 'one@1 is not registered' }
  trouble = { status: 404, body: JSON.stringify(problem) }
  registration.start()
  await expect.poll(logged).toContain('model_unknown: one@1 is not registered')
  expect(of('/admin/deployments').map(({ body }) => body.model)).toContain('two')
})

test('takes its key to no other address', async () => {
  const seen: unknown[] = []
  const other = createServer((request, response) => {
    seen.push(request.headers.authorization)
    response.end('{}')
  })
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo // as: it listens on a port
  server.prependListener('request', (_, response) =>
    response.writeHead(307, { location: `http://127.0.0.1:${port}/` }).end(),
  )
  server.removeListener('request', server.listeners('request').at(-1) as () => void) // as: the one above
  registration.start()
  await expect.poll(logged).toContain('registration_failed')
  expect(seen).toEqual([])
  other.close()
})

test.each([
  ['a router without a key', { ROUTER_URL: 'https://router.example.com' }, /go together/],
  ['a key without a router', { REGISTER_KEY: KEY }, /go together/],
  ['a key over http', { ROUTER_URL: 'http://router.example.com', REGISTER_KEY: KEY }, /https only/],
  [
    'no address to be reached at',
    {
      ROUTER_URL: 'https://router.example.com',
      REGISTER_KEY: KEY,
      HOST: '0.0.0.0',
      ROUTER_PUBLIC_KEY: '{}',
      METRICS_TOKEN: 'm'.repeat(16),
    },
    /PUBLIC_URL/,
  ],
  ['a lease it cannot keep', { LEASE_SECONDS: '5' }, /LEASE_SECONDS/],
])('a node does not start with %s', (_, env, message) => {
  expect(() => parseConfig(env)).toThrow(message)
})
