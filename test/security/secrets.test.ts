/** Keys, signatures, tokens and inputs are written nowhere: not in logs, metrics, decisions, traces, the database or errors. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { format } from 'node:util'

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

import { parseConfig } from '../../workers/native/config.ts'
import { startNativeNode } from '../../workers/native/start-native-node.ts'
import {
  ADMIN_KEY,
  startTestRouter,
  TONE,
  type TestRouter,
} from '../../workers/router/start-test-router.ts'
import { remoteManifest, remotePlace, REMOTE_INFER } from '#shared/remote-manifest-fixture.ts'

const INPUT = 'sentinel-input-of-a-caller'
const NODE_TOKEN = 'sentinel-token-of-a-node'
const OTLP_SECRET = 'sentinel-key-of-the-receiver'
const UNKNOWN_KEY = 'sentinel-key-nobody-has'
const COOKIE = 'sentinel-cookie'

/** What a node does that repeats all it was sent, as debugging servers do. */
type Echo = 200 | 400 | 500

let router: TestRouter
let echo: Server
let echoUrl: string
let answersWith: Echo = 200
/** All that a receiver of spans was sent, as it came. */
const spans: string[] = []
/** All that was answered to callers. */
const answers: string[] = []
const signatures: string[] = []

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk as Uint8Array) // as: no encoding was set
  return Buffer.concat(chunks).toString()
}

async function repeat(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readAll(request)
  if (request.url?.endsWith('/v1/traces')) {
    spans.push(body)
    return void response.writeHead(200).end('{}')
  }
  const { headers } = request
  if (typeof headers['mesh-signature'] === 'string') signatures.push(headers['mesh-signature'])
  if (answersWith === 200) {
    return void response
      .writeHead(200, { 'content-type': 'application/json' })
      .end('[{"label":"good","score":1}]')
  }
  const detail = `you sent ${JSON.stringify(headers)} and ${body}`
  response
    .writeHead(answersWith, { 'content-type': 'application/problem+json', 'x-echo': NODE_TOKEN })
    .end(
      JSON.stringify({
        type: 'x',
        title: detail,
        status: answersWith,
        detail,
        error: detail,
        code: 'internal',
        retryable: answersWith === 500,
        headers,
        body,
      }),
    )
}

beforeAll(async () => {
  echo = createServer((request, response) => void repeat(request, response))
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  const { port } = echo.address() as AddressInfo // as: it listens on a port
  echoUrl = `http://127.0.0.1:${port}`
  router = await startTestRouter({
    OTLP_ENDPOINT: echoUrl,
    OTLP_HEADERS: `x-key=${OTLP_SECRET}`,
    NODE_TOKENS: JSON.stringify({ [echoUrl]: NODE_TOKEN }),
  })
  await router.admin('POST', '/models', { manifest: remoteManifest })
  await router.admin('POST', '/deployments', remotePlace(`${echoUrl}/v2/models/theirs`))
  await router.admin('POST', '/deployments', router.place({ target: echoUrl }))
}, 60_000)
afterAll(async () => {
  await router.stop()
  echo.close()
})

interface Asked {
  path: string
  key: string
  body?: string
  headers?: Record<string, string>
}

async function ask({ path, key, body, headers = {} }: Asked): Promise<void> {
  const answer = await router.send(path, {
    method: body === undefined ? 'GET' : 'POST',
    key,
    headers: { cookie: COOKIE, 'mesh-deadline-ms': '2000', ...headers },
    ...(body === undefined ? {} : { body }),
  })
  answers.push(`${JSON.stringify([...answer.headers])} ${new TextDecoder().decode(answer.bytes)}`)
}

/** Requests of all kinds, the good and the bad. */
async function askEverything(key: string): Promise<void> {
  const text = { 'content-type': 'text/plain' }
  const json = { 'content-type': 'application/json' }
  const inputs = JSON.stringify({ inputs: INPUT })
  const tool = { name: 'text-classification_tone', arguments: { input: INPUT } }
  const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: tool })
  const asked: Asked[] = [
    { path: `/infer/${TONE}`, key, body: INPUT, headers: text },
    { path: `/infer/${TONE}`, key, body: `{"inputs":"${INPUT}`, headers: json },
    { path: '/infer', key, body: JSON.stringify({ capability: TONE, inputs: INPUT }) },
    { path: '/infer', key, body: JSON.stringify({ capability: INPUT, inputs: INPUT, x: 1 }) },
    { path: '/infer/no/such', key, body: INPUT, headers: text },
    { path: '/explain', key, body: JSON.stringify({ capability: TONE }) },
    { path: '/models/tone', key, body: inputs, headers: json },
    { path: '/v1/embeddings', key, body: JSON.stringify({ model: 'tone', input: INPUT }) },
    { path: '/v2/models/tone/infer', key, body: `{"inputs":[{"name":"${INPUT}"}]}` },
    { path: REMOTE_INFER, key, body: `{"inputs":[{"name":"${INPUT}"}]}` },
    { path: '/search', key, body: JSON.stringify({ query: { text: INPUT } }) },
    {
      path: '/mcp',
      key,
      body: call,
      headers: { ...json, accept: 'application/json, text/event-stream' },
    },
    { path: `/capabilities?key=${key}`, key },
    { path: `/infer/${TONE}`, key: UNKNOWN_KEY, body: INPUT, headers: text },
    { path: `/infer/${TONE}?key=${UNKNOWN_KEY}`, key: '', body: INPUT, headers: text },
    { path: '/admin/keys', key: UNKNOWN_KEY, body: INPUT },
    { path: '/admin/keys', key: ADMIN_KEY, body: `{"name":"${INPUT}","scopes":"no"}` },
    {
      path: '/admin/deployments',
      key: ADMIN_KEY,
      body: `{"target":"https://a:${NODE_TOKEN}@b.c"}`,
    },
  ]
  for (const one of asked) await ask(one)
}

const secretsOf = (own: TestRouter): Record<string, string> => {
  const { d } = JSON.parse(own.signingKey) as { d: string } // as: it was exported as a private JWK
  return {
    'the admin key': ADMIN_KEY,
    'a caller’s key': own.inferKey,
    'an unknown key': UNKNOWN_KEY,
    'the signing key': d,
    'a node’s token': NODE_TOKEN,
    'the receiver’s key': OTLP_SECRET,
    'a cookie': COOKIE,
  }
}

async function databaseText(): Promise<string> {
  const database = await router.database()
  const { results } = await database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    .all<{ name: string }>()
  const tables = results.map(({ name }) => name).filter((name) => !/^(_cf|model_search)/.test(name))
  const rows = await Promise.all(
    tables.map((name) => database.prepare(`SELECT * FROM "${name}"`).all()),
  )
  return JSON.stringify(rows.map(({ results: own }) => own))
}

describe('after requests of all kinds, to nodes that answer and to nodes that repeat what they were sent', () => {
  /** Where something could have been left behind, by its name. */
  const places = new Map<string, string>()

  beforeAll(async () => {
    for (const how of [200, 400, 500] as const) {
      answersWith = how
      await askEverything(router.inferKey)
    }
    answersWith = 200
    const created = JSON.stringify({ name: 'x', scopes: ['infer'] })
    const headers = { 'idempotency-key': '"once"' }
    await router.send('/admin/keys', { method: 'POST', headers, body: created })
    await vi.waitUntil(() => spans.length > 0, { timeout: 10_000 })
    places.set('the log', router.logs().join('\n'))
    places.set('/metrics', new TextDecoder().decode((await router.send('/metrics')).bytes))
    for (const path of ['/admin/decisions?limit=500', '/admin/audit', '/admin/keys']) {
      places.set(path, JSON.stringify((await router.send(path)).body))
    }
    places.set('the database', await databaseText())
    places.set('the spans', spans.join('\n'))
    places.set('the answers', answers.join('\n'))
  }, 60_000)

  test('there is something to look at in each place', () => {
    expect(places.get('the log')).toContain('attempt_failed')
    expect(places.get('/metrics')).toContain('outcome="internal"')
    expect(places.get('/admin/decisions?limit=500')).toContain('capability_unknown')
    expect(places.get('the database')).toContain('"hash"')
    expect(places.get('the spans')).toContain('mesh.attempt.outcome')
    expect(places.get('the answers')).toContain('you sent')
    expect(signatures.length).toBeGreaterThan(5)
  })

  test.each([
    'the admin key',
    'a caller’s key',
    'an unknown key',
    'the signing key',
    'a node’s token',
    'the receiver’s key',
    'a cookie',
  ])('%s is in none of them', (what) => {
    const secret = secretsOf(router)[what] ?? ''
    expect(secret).not.toBe('')
    for (const [place, text] of places) expect(text.includes(secret), place).toBe(false)
  })

  test('no signature is in any of them', () => {
    for (const [place, text] of places) {
      expect(
        signatures.some((signature) => text.includes(signature)),
        place,
      ).toBe(false)
    }
  })

  test('no input is in any of them but in what its own caller was answered', () => {
    for (const [place, text] of places) {
      if (place !== 'the answers') expect(text.includes(INPUT), place).toBe(false)
    }
  })
})

test.each(['SIGNING_KEY', 'NODE_TOKENS', 'OTLP_HEADERS'])(
  'a secret that cannot be read is not told by whoever cannot read it: %s',
  async (name) => {
    const secret = 'hunter2hunter2'
    const broken = await startTestRouter((farUrl) => ({
      OTLP_ENDPOINT: farUrl,
      [name]: name === 'OTLP_HEADERS' ? `x=%${secret}` : `{"kty":"OKP","d":"${secret}`,
    }))
    try {
      await broken.admin('POST', '/models', { manifest: remoteManifest })
      // without a key to sign with nobody could be asked whether it is ready
      await broken.admin('PATCH', '/deployments/tone@1/far', { state: 'ready' })
      const place = remotePlace(`${broken.farUrl}/v2/models/theirs`)
      const told = [
        await broken.infer(),
        await broken.admin('POST', '/deployments', { ...place, verify: true }),
        await broken.admin('POST', '/deployments', place),
        await broken.send(REMOTE_INFER, { method: 'POST', key: broken.inferKey, body: '{}' }),
      ].map(({ body }) => JSON.stringify(body))
      expect(told.join('\n')).not.toContain('hunter2')
      expect(broken.logs().join('\n')).toMatch(/attempt_failed|otlp_settings_refused/)
      expect(broken.logs().join('\n')).not.toContain('hunter2')
    } finally {
      await broken.stop()
    }
  },
  60_000,
)

test('a node logs neither what it was sent nor who sent it, whatever comes of it', async () => {
  const lines: string[] = []
  const spies = (['info', 'warn', 'error', 'log'] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation((...args) => void lines.push(format(...args))),
  )
  const node = await startNativeNode(
    parseConfig({ PORT: '0', MODELS: 'language-id', METRICS_TOKEN: NODE_TOKEN }),
  )
  try {
    const headers = {
      'content-type': 'text/plain',
      authorization: `Bearer ${UNKNOWN_KEY}`,
      cookie: COOKIE,
    }
    const told: string[] = []
    for (const path of ['/models/language-id', '/models/none', '/v2/models/language-id/infer']) {
      const sent = {
        method: 'POST',
        headers: { ...headers, 'mesh-signature': COOKIE },
        body: INPUT,
      }
      told.push(await (await fetch(`${node.url}${path}`, sent)).text())
    }
    const shown = { headers: { authorization: `Bearer ${NODE_TOKEN}` } }
    told.push(await (await fetch(`${node.url}/metrics`, shown)).text())
    expect(lines.join('\n')).toContain('inference')
    for (const secret of [INPUT, UNKNOWN_KEY, COOKIE, NODE_TOKEN]) {
      expect([...lines, ...told].join('\n')).not.toContain(secret)
    }
  } finally {
    await node.stop()
    for (const spy of spies) spy.mockRestore()
  }
})
