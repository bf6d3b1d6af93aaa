/** Whose key opens what: nobody's address is forgotten, since they are read from the app. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { createRouter } from '../../workers/router/create-router.ts'
import {
  ADMIN_KEY,
  startTestRouter,
  TONE,
  type TestRouter,
} from '../../workers/router/start-test-router.ts'

/** What anybody may read: that the mesh is there, and how it is called. */
const PUBLIC = [
  'GET /.well-known/agent-card.json',
  'GET /.well-known/ai-catalog.json',
  'GET /.well-known/ard.json',
  'GET /.well-known/jwks.json',
  'GET /agents',
  'GET /agents/:identifier',
  'GET /docs',
  'GET /health',
  'GET /openapi.json',
  'GET /v2',
  'GET /v2/health/live',
  'GET /v2/health/ready',
  'POST /explore',
]

/** What any live key may read. */
const READS = [
  'GET /capabilities',
  'GET /models',
  'GET /models/:id',
  'GET /models/:id/versions/:version',
  'GET /models/:id/versions/:version/card.jws',
  'GET /openai/v1/models',
  'GET /openai/v1/models/:id{.+}',
  'GET /topology',
  'GET /v1/models',
  'GET /v1/models/:id{.+}',
  'POST /v2/repository/index',
  'POST /v2/repository/models/:name/:change{load|unload}',
]
/** What a node's own key may ask for, of what it has registered itself. */
const OF_NODES = [
  'DELETE /admin/deployments/:id{.+}',
  'GET /admin/deployments',
  'POST /admin/deployments',
  'POST /admin/leases',
]
const isOipRead = (route: string) => route.startsWith('GET /v2/models')

const ROUTES = [
  ...new Set(
    createRouter()
      .routes.filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path}`),
  ),
].toSorted()
const isAdmin = (route: string) => /^\w+ (\/admin\/|\/metrics)/.test(route)
const others = ROUTES.filter((route) => !PUBLIC.includes(route) && !isAdmin(route))
const reads = others.filter((route) => READS.includes(route) || isOipRead(route))
const runs = others.filter((route) => !reads.includes(route))
const admins = ROUTES.filter(isAdmin)

let router: TestRouter
let nodeKey: string
let metricsKey: string

beforeAll(async () => {
  router = await startTestRouter()
  const { body } = await router.admin('POST', '/keys', { name: 'node', scopes: ['register'] })
  nodeKey = String(body.key)
  const metrics = await router.admin('POST', '/keys', { name: 'collector', scopes: ['metrics'] })
  metricsKey = String(metrics.body.key)
}, 60_000)
afterAll(() => router.stop())

/** A request to a route, its parameters filled in; the key goes as `headers` say. */
function ask(route: string, key: string, headers: Record<string, string> = {}, query = '') {
  const [method = '', pattern = ''] = route.split(' ')
  const path = pattern
    .replaceAll(/:change\{[^}]*\}/g, 'load')
    .replaceAll(/:\w+(\{[^}]*\})?/g, 'tone')
  const body = method === 'GET' || method === 'DELETE' ? {} : { body: '{}' }
  return router.send(`${path}${query}`, { method, key, headers, ...body })
}
const codeOf = ({ body }: { body: Record<string, unknown> }): string =>
  /"(unauthenticated|forbidden|invalid_api_key|permission_error)"/.exec(
    JSON.stringify(body),
  )?.[1] ?? ''

test('the lists of this file hold every address there is', () => {
  expect(ROUTES.length).toBeGreaterThan(40)
  for (const listed of [...PUBLIC, ...READS, ...OF_NODES]) expect(ROUTES).toContain(listed)
  expect(admins.length).toBeGreaterThan(10)
  expect(runs.length).toBeGreaterThan(8)
})

describe.each(admins)('%s', (route) => {
  const isOfNodes = OF_NODES.includes(route)

  test("refuses a collector's key, unless it tells metrics", async () => {
    const isOfCollectors = route === 'GET /metrics'
    const { status } = await ask(route, metricsKey)
    expect(status).toBe(isOfCollectors ? 200 : 403)
  })

  test(`is for admin keys alone${isOfNodes ? ', and those of nodes' : ''}`, async () => {
    const node = await ask(route, nodeKey)
    expect(node.body.code === 'forbidden').toBe(!isOfNodes)
    expect([401, 500]).not.toContain(node.status)
    const infer = await ask(route, router.inferKey)
    expect([infer.status, infer.body.code]).toEqual([403, 'forbidden'])
    expect((await ask(route, '')).status).toBe(401)
    expect(infer.headers.get('x-content-type-options')).toBe('nosniff')
  })
})

describe.each(runs)('%s', (route) => {
  test('runs models, so it needs a key that may infer', async () => {
    for (const key of [ADMIN_KEY, nodeKey]) {
      const refused = await ask(route, key)
      expect([refused.status, codeOf(refused) !== '']).toEqual([403, true])
    }
    expect((await ask(route, '')).status).toBe(401)
  })
})

describe.each(reads)('%s', (route) => {
  test('is read by whoever has a key', async () => {
    expect((await ask(route, '')).status).toBe(401)
    for (const key of [ADMIN_KEY, router.inferKey]) {
      expect([401, 403]).not.toContain((await ask(route, key)).status)
    }
  })
})

test.each(PUBLIC)('%s is public, and tells neither key nor address', async (route) => {
  const answer = await ask(route, '')
  expect([401, 403]).not.toContain(answer.status)
  const text = new TextDecoder().decode(answer.bytes)
  for (const secret of [router.farUrl, new URL(router.farUrl).host, 'cap_']) {
    expect(text).not.toContain(secret)
  }
})

describe('a key counts only where keys are', () => {
  test.each<[string, string, (key: string) => Record<string, string>]>([
    ['the query', '?key=', () => ({})],
    ['the query, as others name it', '?access_token=', () => ({})],
    ['the query, as a header', '?authorization=Bearer%20', () => ({})],
    ['a cookie', '', (key) => ({ cookie: `authorization=Bearer ${key}; key=${key}` })],
    ['another header', '', (key) => ({ 'x-api-key': key, 'api-key': key })],
    ['a proxy’s header', '', (key) => ({ 'proxy-authorization': `Bearer ${key}` })],
    ['another scheme', '', (key) => ({ authorization: `Basic ${btoa(`${key}:`)}` })],
    ['no scheme', '', (key) => ({ authorization: key })],
    ['a list', '', (key) => ({ authorization: `Bearer x, Bearer ${key}` })],
    ['more than one word', '', (key) => ({ authorization: `Bearer ${key} ${key}` })],
  ])('and not in %s', async (_, query, headersOf) => {
    const key = ADMIN_KEY
    const suffix = query === '' ? '' : `${query}${key}`
    const answer = await ask('GET /admin/keys', '', headersOf(key), suffix)
    expect(answer.status).toBe(401)
    expect(JSON.stringify(answer.body)).not.toContain(key)
  })
})

describe('what cannot be a key', () => {
  test.each([
    ['too short', 'a'.repeat(15)],
    ['too long', 'a'.repeat(129)],
    ['as long as a header may be', 'a'.repeat(7_000)],
    ['of other characters', `cap_${'ä'.repeat(43)}`],
    ['with SQL in it', `' OR 1=1; DROP TABLE api_keys; --`],
    ['a hash, as the registry has it', `${'0'.repeat(63)}!`],
  ])('is refused before it is hashed: %s', async (_, key) => {
    const answer = await ask('GET /capabilities', '', { authorization: `Bearer ${key}` })
    expect([answer.status, answer.body.detail]).toEqual([
      401,
      'the authorization header must be `Bearer <key>`; a key has 16 to 128 letters, digits, - and _',
    ])
  })

  test('the hash of a key opens nothing', async () => {
    const database = await router.database()
    const hash = await database.prepare('SELECT hash FROM api_keys').first<string>('hash')
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
    expect((await ask('GET /capabilities', String(hash))).body.detail).toContain('is not known')
  })
})

describe('the keys of two tenants', () => {
  const createKey = async (scopes: string[]) => {
    const { body } = await router.admin('POST', '/keys', { name: 'tenant', scopes })
    return { id: String(body.id), key: String(body.key) }
  }

  test('share no idempotency key: each has its own answer', async () => {
    const [one, other] = [await createKey(['admin']), await createKey(['admin'])]
    const create = (key: string, name: string) =>
      router.send('/admin/keys', {
        method: 'POST',
        key,
        headers: { 'idempotency-key': '"the same"' },
        body: JSON.stringify({ name, scopes: ['infer'] }),
      })
    const [first, second] = [await create(one.key, 'a'), await create(other.key, 'b')]
    expect([first.status, second.status]).toEqual([201, 201])
    expect(first.body.key).not.toBe(second.body.key)
    expect(second.headers.get('idempotency-replayed')).toBeNull()
    expect((await create(one.key, 'a')).status).toBe(409)
  })

  test('an admin key that lacks the scope cannot infer, nor make itself able to', async () => {
    const { id, key } = await createKey(['admin'])
    const asked = await router.send(`/infer/${TONE}`, { method: 'POST', key, body: 'x' })
    expect(asked.status).toBe(403)
    for (const method of ['PUT', 'PATCH', 'POST']) {
      const body = JSON.stringify({ scopes: ['infer', 'admin'] })
      const { status } = await router.send(`/admin/keys/${id}`, { method, key, body })
      expect([404, 405]).toContain(status)
    }
  })

  test('one that may infer makes no keys, reads no decisions and revokes nobody', async () => {
    const { key } = await createKey(['infer'])
    const victim = await createKey(['infer'])
    const attempts = [
      router.send('/admin/keys', {
        method: 'POST',
        key,
        body: '{"name":"x","scopes":["admin"]}',
      }),
      router.send(`/admin/keys/${victim.id}`, { method: 'DELETE', key }),
      router.send('/admin/decisions', { key }),
      router.send('//admin/keys', { key }),
      router.send('/admin/./keys', { key }),
      router.send('/%61dmin/keys', { key }),
      router.send('/models/../admin/keys', { key }),
    ]
    for (const { status } of await Promise.all(attempts)) expect([403, 404]).toContain(status)
    expect((await router.send('/capabilities', { key: victim.key })).status).toBe(200)
  })

  test.each(['x-http-method-override', 'x-method-override', 'x-original-url', 'x-rewrite-url'])(
    'no header turns one request into another: %s',
    async (name) => {
      const value = name.includes('url') ? '/admin/keys' : 'DELETE'
      const answer = await router.send('/capabilities', {
        key: router.inferKey,
        headers: { [name]: value },
      })
      expect(answer.body).toHaveProperty('capabilities')
    },
  )
})
