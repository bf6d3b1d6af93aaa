/** No header of a caller or a node becomes one of ours; nothing we answer can be taken for what it isn't. */
import { createServer, type Server } from 'node:net'
import type { AddressInfo } from 'node:net'

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { createRouter } from '../../workers/router/create-router.ts'
import {
  ADMIN_KEY,
  startTestRouter,
  TONE,
  type TestRouter,
} from '../../workers/router/start-test-router.ts'
import { remoteManifest, remotePlace, REMOTE_INFER } from '#shared/remote-manifest-fixture.ts'
import { storeDeployment } from './store-deployment.ts'

const EVIL = 'evil-value'
const GOOD = '[{"label":"good","score":1}]'

let router: TestRouter

beforeAll(async () => {
  router = await startTestRouter()
  await router.admin('POST', '/models', { manifest: remoteManifest })
  const place = remotePlace(`${router.farUrl}/v2/models/theirs`)
  expect((await router.admin('POST', '/deployments', place)).status).toBe(201)
}, 60_000)
afterAll(() => router.stop())
beforeEach(() => {
  router.received.length = 0
  router.answerWith('application/json', GOOD)
})

const textOf = (headers: Headers) =>
  Array.from(headers, ([name, value]) => `${name}: ${value}`).join('\n')
const tensors = () =>
  router.send(REMOTE_INFER, { method: 'POST', key: router.inferKey, body: '{"inputs":[]}' })

describe('a header of a node', () => {
  const HEADERS: Record<string, string> = {
    'access-control-allow-credentials': 'true',
    'access-control-allow-origin': 'https://evil-value.test',
    age: '1',
    'alt-svc': 'h2="evil-value:443"',
    'cache-control': 'public, max-age=86400, evil-value',
    'cache-status': 'evil-value; hit',
    'clear-site-data': '"*", "evil-value"',
    'content-disposition': 'attachment; filename=evil-value.exe',
    'content-language': EVIL,
    'content-security-policy': "script-src 'unsafe-inline' evil-value",
    etag: '"evil-value"',
    expires: EVIL,
    'idempotency-replayed': EVIL,
    'last-modified': EVIL,
    link: '<https://evil-value.test>; rel=preload',
    location: 'https://evil-value.test',
    'mesh-model': EVIL,
    'mesh-node': EVIL,
    'mesh-route': EVIL,
    'proxy-authenticate': EVIL,
    ratelimit: EVIL,
    'ratelimit-policy': EVIL,
    refresh: '0; url=https://evil-value.test',
    'retry-after': EVIL,
    'retry-after-ms': EVIL,
    'server-timing': 'node;dur=1;desc="evil-value"',
    'set-cookie': 'session=evil-value',
    'strict-transport-security': 'max-age=0; evil-value',
    traceparent: EVIL,
    trailer: EVIL,
    vary: EVIL,
    via: `1.1 ${EVIL}`,
    warning: EVIL,
    'www-authenticate': `Basic realm="${EVIL}"`,
    'x-compute-tokens': EVIL,
    'x-frame-options': EVIL,
    'x-request-id': EVIL,
    'x-should-retry': EVIL,
  }

  test.each([200, 400, 422, 429, 500, 503])(
    'goes to nobody, in an answer of %d',
    async (status) => {
      router.answerWith('application/json', status === 200 ? GOOD : '{}', {
        status,
        headers: HEADERS,
      })
      for (const answer of [await router.infer(), await tensors()]) {
        expect(textOf(answer.headers)).not.toContain(EVIL)
        expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
        for (const name of ['set-cookie', 'location', 'refresh', 'access-control-allow-origin']) {
          expect(answer.headers.get(name)).toBeNull()
        }
      }
    },
  )

  test.each([
    'application/json; charset=evil-value',
    'application/json;evil-value',
    'APPLICATION/JSON; boundary="evil-value"',
  ])('that says what its answer is is taken for its type alone: %s', async (contentType) => {
    router.answerWith(contentType, GOOD)
    expect((await router.infer()).headers.get('content-type')).toBe('application/json')
    expect((await tensors()).headers.get('content-type')).toBe('application/json')
  })
})

describe('a node that breaks the lines of HTTP', () => {
  let server: Server
  let raw = ''

  beforeAll(async () => {
    server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => socket.end(raw, 'latin1'))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo // as: it listens on a port
    const target = `http://127.0.0.1:${port}`
    await storeDeployment(router, { model: 'tone', node: 'raw', transport: 'http', target })
  })
  afterAll(async () => {
    const { farUrl: target } = router
    await storeDeployment(router, { model: 'tone', node: 'far', transport: 'http', target })
    server.close()
  })

  const body = GOOD
  const head = `HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: ${body.length}\r\n`
  test.each([
    ['a carriage return in a header', `${head}mesh-node: a\rset-cookie: a=${EVIL}\r\n`],
    ['a line feed in a header', `${head}server-timing: node;dur=1\nset-cookie: a=${EVIL}\r\n`],
    ['a NUL in its type', `${head}content-type: application/json\0${EVIL}\r\n`],
    ['a folded header', `${head}server-timing: node;dur=1\r\n set-cookie: a=${EVIL}\r\n`],
    ['a space before a colon', `${head}set-cookie : a=${EVIL}\r\n`],
    ['two lengths', `${head}content-length: 3\r\n`],
    ['a length and chunks', `${head}transfer-encoding: chunked\r\n`],
    ['two types', `${head}content-type: application/json\r\ncontent-type: text/html\r\n`],
    ['control bytes in its time', `${head}server-timing: node;dur=\x01\x02${EVIL}\r\n`],
    [
      'a second answer behind the first',
      `${head}\r\n${body}HTTP/1.1 200 OK\r\nx-evil: ${EVIL}\r\n`,
    ],
  ])('by %s changes nothing of ours', async (_, lines) => {
    const typed = /^content-type:/im.test(lines) ? '' : 'content-type: application/json\r\n'
    raw = lines.includes('\r\n\r\n') ? lines : `${lines}${typed}\r\n${body}`
    const answer = await router.infer()
    expect([200, 502, 503]).toContain(answer.status)
    expect(textOf(answer.headers)).not.toContain(EVIL)
    expect(new TextDecoder().decode(answer.bytes)).not.toContain(EVIL)
    expect(answer.headers.get('set-cookie')).toBeNull()
  })
})

describe('a header of a caller', () => {
  test.each([
    ['x-request-id', `a%0d%0aset-cookie:${EVIL}`],
    ['x-request-id', `${EVIL}\tb`],
    ['x-request-id', `${EVIL}"><script>`],
    ['x-request-id', EVIL.repeat(10)],
    ['x-request-id', `${EVIL}\u00e9`],
    ['mesh-request-id', `${EVIL};b`],
    ['traceparent', `00-${'0'.repeat(32)}-${'a'.repeat(16)}-01-${EVIL}`],
    ['traceparent', `ff-${'a'.repeat(32)}-${'a'.repeat(16)}-01,${EVIL}`],
    ['tracestate', `vendor=${EVIL}`],
    ['baggage', `user=${EVIL}`],
    ['x-forwarded-for', EVIL],
    ['x-forwarded-host', EVIL],
    ['forwarded', `host=${EVIL}`],
    ['cookie', `a=${EVIL}`],
    ['referer', `https://${EVIL}.test`],
    ['origin', `https://${EVIL}.test`],
    ['user-agent', EVIL],
    ['accept-language', EVIL],
    ['expect-ct', EVIL],
    ['if-none-match', `"${EVIL}"`],
  ])('comes neither back nor to a node: %s: %s', async (name, value) => {
    const answer = await router.infer({ [name]: value })
    expect(answer.status).toBe(200)
    expect(textOf(answer.headers)).not.toContain(EVIL)
    expect(router.received).toHaveLength(1)
    expect(JSON.stringify(router.received[0]?.headers)).not.toContain(EVIL)
  })

  test('is refused by name where it would be a constraint, and its value told nowhere', async () => {
    for (const name of ['mesh-node', 'mesh-route', 'mesh-signature-2', 'mesh-constructor']) {
      const answer = await router.infer({ [name]: EVIL })
      expect(answer.status).toBe(400)
      expect(textOf(answer.headers) + JSON.stringify(answer.body)).not.toContain(EVIL)
    }
    expect(router.received).toEqual([])
  })

  test('that names a change may have no other bytes than printable ones', async () => {
    for (const value of [`a\tb`, `"a\u00e9"`, `"${EVIL}`, 'a b']) {
      const { status, headers } = await router.send('/admin/keys', {
        method: 'POST',
        headers: { 'idempotency-key': value },
        body: '{"name":"x","scopes":["infer"]}',
      })
      expect([status, textOf(headers).includes(EVIL)]).toEqual([400, false])
    }
  })

  test.each([
    `/infer/%0d%0aset-cookie:%20a=${EVIL}/x`,
    `/infer/${TONE}%00${EVIL}`,
    `/models/%0d%0a${EVIL}`,
    `/v2/models/%0aset-cookie:${EVIL}/infer`,
    `/${EVIL}%0d%0a%0d%0a<script>alert(1)</script>`,
    `/agents/%0d%0a${EVIL}`,
  ])('nor does a path become one: %s', async (path) => {
    for (const key of [ADMIN_KEY, router.inferKey, '']) {
      const answer = await router.send(path, { method: 'POST', key, body: '{}' })
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(textOf(answer.headers)).not.toContain(EVIL)
      expect(answer.headers.get('content-type')).toMatch(/^application\/(problem\+)?json$/)
    }
  })
})

describe('a name in the database that is no name', () => {
  test.each([`far\r\nset-cookie: a=${EVIL}`, `far;${EVIL}, edge/x`, `far\0${EVIL}`, `fär${EVIL}`])(
    'gets into no header: %j',
    async (node) => {
      const { farUrl: target } = router
      await storeDeployment(router, { model: 'tone', node, transport: 'http', target })
      const answer = await router.infer()
      expect(answer.body).toMatchObject({ code: 'no_deployment', status: 503 })
      expect(textOf(answer.headers)).not.toContain(EVIL)
      await storeDeployment(router, { model: 'tone', node: 'far', transport: 'http', target })
      expect((await router.infer()).status).toBe(200)
    },
  )
})

describe('what is answered', () => {
  const PATHS = [
    ...new Set(
      createRouter()
        .routes.filter(({ method, path }) => method === 'GET' && !/[:*]/.test(path))
        .map(({ path }) => path),
    ),
    '/nowhere',
    '/models/tone',
    '/models/none',
    '/v1/models/tone',
  ]

  test.each(PATHS)('at %s is taken for nothing else, and runs nothing', async (path) => {
    for (const key of [ADMIN_KEY, '']) {
      const { headers } = await router.send(path, { key })
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      const type = headers.get('content-type') ?? ''
      expect(type).toMatch(/^(application\/((problem|jwk-set)\+)?json|text\/(plain|html);)/)
      if (!type.startsWith('text/html')) continue
      const policy = headers.get('content-security-policy') ?? ''
      for (const directive of ['default-src', 'base-uri', 'form-action', 'frame-ancestors']) {
        expect(policy).toContain(`${directive} 'none'`)
      }
      expect(policy).not.toMatch(/script|\*|https?:/)
    }
  })

  test('of a refused method, a refused key and a preflight is no page either', async () => {
    for (const method of ['DELETE', 'OPTIONS', 'PROPFIND']) {
      const { headers } = await router.send('/docs', { method, key: '' })
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('content-type')).not.toContain('html')
    }
  })
})
