/** The router in real workerd with a real D1, for tests; its far node is a server of the test itself. */
/* oxlint-disable no-restricted-imports, no-restricted-globals -- tests run in Node */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

import type { D1Database } from '@cloudflare/workers-types'
import { exportJWK, generateKeyPair } from 'jose'
import { createTestHarness } from 'wrangler'

import { carryAsWorkerd } from './carry-as-workerd.ts'
import { modelEntry } from './registry/registry-fixture.ts'

carryAsWorkerd()

const ROOT = join(import.meta.dirname, '..', '..')

export const ADMIN_KEY = `cap_${'a'.repeat(43)}`
/** What the one model of a test router offers. */
export const TONE = 'text-classification/tone'

/** The one model, which answers JSON or a picture. */
export const toneManifest = modelEntry({ produces: ['application/json', 'image/png'] }).manifest

type Vars = Readonly<Record<string, string>>

export interface Answer {
  status: number
  headers: Headers
  body: Record<string, unknown>
  /** The body as it came. */
  bytes: Uint8Array
}

export interface ReceivedCall {
  headers: IncomingHttpHeaders
  path: string
  body: Uint8Array
}

interface Reply {
  contentType: string
  body: Uint8Array | string
  status?: number
  headers?: Record<string, string>
  delayMs?: number
}

export interface TestRouter {
  /**
   * With the admin key, unless `key` is another; '' sends none. Nothing is answered from the cache unless a
   * test asks for it: each wants to see a node asked.
   */
  send(path: string, init?: RequestInit & { key?: string; cached?: true }): Promise<Answer>
  admin(method: string, path: string, body?: unknown): Promise<Answer>
  infer(headers?: Record<string, string>): Promise<Answer>
  /** Base URL of the far node. */
  farUrl: string
  /** The body that deploys the model on the far node. */
  place(overrides?: Record<string, unknown>): Record<string, unknown>
  inferKey: string
  /** What the far node answers from now on. */
  answerWith(
    contentType: string,
    body: Uint8Array | string,
    more?: {
      status?: number
      headers?: Record<string, string>
      delayMs?: number
      /** The version of the model that answers so; every one that has no answer of its own when left out. */
      version?: string
    },
  ): void
  /** What the far node was sent so far, but for the questions whether it is ready. */
  received: ReceivedCall[]
  /** Those. */
  asked: ReceivedCall[]
  /** The key that signs calls, and what is public of it, as JWK JSON. */
  signingKey: string
  publicKey: string
  database(): Promise<D1Database>
  /** Runs the jobs of the cron trigger. */
  runJobs(): Promise<void>
  /** Base URL of the router, for what no well-behaved client sends. */
  url: string
  /** What the router has logged so far, one line each. */
  logs(): string[]
  stop(): Promise<void>
}

/**
 * Starts a router whose registry has one model, on one far node that answers well.
 *
 * @param varsOf settings of the router, given the base URL of the far node
 */
export async function startTestRouter(
  varsOf: Vars | ((farUrl: string) => Vars) = {},
  ratelimits: {
    name: string
    namespace_id: string
    simple: { limit: number; period: 10 | 60 }
  }[] = [],
): Promise<TestRouter> {
  const pair = await generateKeyPair('EdDSA', { extractable: true })
  const signingKey = JSON.stringify(await exportJWK(pair.privateKey))
  const received: ReceivedCall[] = []
  const asked: ReceivedCall[] = []
  let reply: Reply = { contentType: 'application/json', body: '[{"label":"good","score":1}]' }
  const replies = new Map<string, Reply>()
  const replyOf = (path = '') => replies.get(/\/versions\/([\d.]+)/.exec(path)?.[1] ?? '') ?? reply
  const farNode = createServer((request, response) => {
    const chunks: Uint8Array[] = []
    request.on('data', (chunk: Uint8Array) => chunks.push(chunk))
    request.on('end', async () => {
      const body = Buffer.concat(chunks)
      const call = { headers: request.headers, path: request.url ?? '', body }
      ;(call.path.endsWith('/ready') ? asked : received).push(call)
      const { delayMs, status = 200, contentType, headers, body: answer } = replyOf(request.url)
      if (delayMs !== undefined) await setTimeout(delayMs)
      response
        .writeHead(status, {
          'content-type': contentType,
          'set-cookie': 'node=1',
          'server-timing': 'node;dur=1.5',
          ...headers,
        })
        .end(answer)
    })
  })
  await new Promise<void>((resolve) => farNode.listen(0, '127.0.0.1', resolve))
  const { port } = farNode.address() as AddressInfo // as: it listens on a port
  const farUrl = `http://127.0.0.1:${port}`

  const harness = createTestHarness({
    root: ROOT,
    workers: [
      {
        config: {
          name: 'capillary',
          main: 'workers/router/index.ts',
          compatibility_date: '2026-07-15',
          d1_databases: [
            {
              binding: 'DB',
              database_name: 'registry',
              database_id: '00000000-0000-0000-0000-000000000000',
              migrations_dir: 'migrations',
            },
          ],
          ratelimits,
          vars: {
            ADMIN_KEY,
            SIGNING_KEY: signingKey,
            ENVIRONMENT: 'development',
            // a test that wants its model's examples run says so
            VERIFICATION: 'off',
            ...(typeof varsOf === 'function' ? varsOf(farUrl) : varsOf),
          },
        },
      },
    ],
  })
  const worker = harness.getWorker<{ DB: D1Database }>()
  const { url } = await harness.listen()
  await worker.applyD1Migrations('DB')

  const send: TestRouter['send'] = async (path, { key = ADMIN_KEY, cached, ...init } = {}) => {
    const headers = new Headers(init.headers)
    if (!cached && !headers.has('cache-control')) headers.set('cache-control', 'no-cache')
    if (key !== '') headers.set('authorization', `Bearer ${key}`)
    const response = await harness.fetch(path, {
      ...init,
      headers: Object.fromEntries(headers),
    } as Parameters<typeof harness.fetch>[1]) // as: undici's own types of the same shape
    const bytes = new Uint8Array(await response.arrayBuffer())
    const text = new TextDecoder().decode(bytes)
    const json = text !== '' && /json/.test(response.headers.get('content-type') ?? '')
    return {
      status: response.status,
      headers: new Headers(Object.fromEntries(response.headers)),
      body: json ? (JSON.parse(text) as Record<string, unknown>) : { text },
      bytes,
    }
  }
  const admin: TestRouter['admin'] = (method, path, body) =>
    send(`/admin${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  const place: TestRouter['place'] = (overrides = {}) => ({
    model: 'tone',
    version: '1',
    node: 'far',
    placement: 'native',
    transport: 'http',
    target: farUrl,
    ...overrides,
  })

  await admin('POST', '/models', { manifest: toneManifest })
  await admin('POST', '/deployments', place())
  const inferKey = String((await admin('POST', '/keys', { name: 't', scopes: ['infer'] })).body.key)
  return {
    send,
    admin,
    place,
    infer: (headers = {}) =>
      send(`/infer/${TONE}`, {
        method: 'POST',
        key: inferKey,
        headers: { 'content-type': 'text/plain', ...headers },
        body: 'hello',
      }),
    inferKey,
    farUrl,
    answerWith(contentType, body, { version, ...more } = {}) {
      const own = { contentType, body, ...more }
      if (version === undefined) reply = own
      else replies.set(version, own)
    },
    received,
    asked,
    signingKey,
    publicKey: JSON.stringify(await exportJWK(pair.publicKey)),
    database: async () => (await worker.getEnv()).DB,
    async runJobs() {
      await worker.scheduled({ cron: '* * * * *' })
    },
    url: url.origin,
    logs: () => harness.getLogs().map(({ message }) => message),
    async stop() {
      farNode.close()
      await harness.close()
    },
  }
}
