/** Server-side request forgery: whatever the registry or a setting says, the router calls public hosts over https only. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { ROOT } from '../../scripts/paths.ts'
import { startTestRouter, type TestRouter } from '../../workers/router/start-test-router.ts'
import { remoteManifest, remotePlace, REMOTE_INFER } from '#shared/remote-manifest-fixture.ts'
import { storeDeployment } from './store-deployment.ts'

/** As deployed; the far node is on loopback, so whatever it receives is a breach. */
let router: TestRouter
/** In development, where loopback may be called: what shows that these tests can fail. */
let lenient: TestRouter

beforeAll(async () => {
  router = await startTestRouter((farUrl) => ({
    ENVIRONMENT: 'production',
    OTLP_ENDPOINT: farUrl,
  }))
  lenient = await startTestRouter()
  for (const own of [router, lenient]) {
    const { status } = await own.admin('POST', '/models', { manifest: remoteManifest })
    expect(status).toBe(201)
  }
}, 90_000)
afterAll(() => Promise.all([router.stop(), lenient.stop()]))
beforeEach(() => {
  for (const { received } of [router, lenient]) received.length = 0
})

/** Names of this machine's loopback, with the far node's port, of hosts inside networks, and what is no host at all. */
const TARGETS: [what: string, target: (port: string) => string][] = [
  ['loopback', (port) => `http://127.0.0.1:${port}`],
  ['loopback by name', (port) => `http://localhost:${port}`],
  ['loopback by name, with a dot', (port) => `http://localhost.:${port}`],
  ['loopback over https', (port) => `https://127.0.0.1:${port}`],
  ['loopback in decimal', (port) => `http://2130706433:${port}`],
  ['loopback in octal', (port) => `http://0177.0.0.01:${port}`],
  ['loopback in hexadecimal', (port) => `http://0x7f000001:${port}`],
  ['loopback in two parts', (port) => `http://127.1:${port}`],
  ['loopback in full-width digits', (port) => `http://１２７.０.０.１:${port}`],
  ['loopback in circled digits', (port) => `http://①②⑦.⓪.⓪.①:${port}`],
  ['loopback with ideographic dots', (port) => `http://127。0。0。1:${port}`],
  ['loopback percent-encoded', (port) => `http://%31%32%37.0.0.1:${port}`],
  ['loopback in IPv6', (port) => `http://[::1]:${port}`],
  ['loopback in IPv6, mapped', (port) => `http://[::ffff:127.0.0.1]:${port}`],
  ['loopback in IPv6, mapped, in hexadecimal', (port) => `https://[::ffff:7f00:1]:${port}`],
  ['the unspecified address', (port) => `http://0.0.0.0:${port}`],
  ['the unspecified address in IPv6', (port) => `https://[::]:${port}`],
  ['loopback behind a name as user', (port) => `https://node.example.com@127.0.0.1:${port}`],
  ['loopback behind a backslash', (port) => `https://127.0.0.1:${port}\\@node.example.com`],
  ['loopback behind a tab', (port) => `http://127.0.0\t.1:${port}`],
  ["a cloud's metadata", () => 'http://169.254.169.254'],
  ["a cloud's metadata over https", () => 'https://169.254.169.254'],
  ["a cloud's metadata in decimal", () => 'https://2852039166'],
  ["a cloud's metadata in IPv6", () => 'https://[fd00:ec2::254]'],
  ["a cloud's metadata in IPv6, mapped", () => 'https://[::ffff:a9fe:a9fe]'],
  ["a cloud's metadata by name", () => 'https://metadata.google.internal.'],
  ['a link-local IPv6', () => 'https://[fe80::1]'],
  ['a translated IPv4', () => 'https://[64:ff9b::7f00:1]'],
  ['a private address', () => 'https://10.0.0.1'],
  ['a private name', () => 'https://router.home.arpa'],
  ["a cluster's service", () => 'https://kubernetes.default.svc.cluster.local'],
  ['a public host without TLS', () => 'http://node.example.com'],
  ['a file', () => 'file:///etc/passwd'],
  ['data', () => 'data:application/json,[]'],
  ['a script', () => 'javascript:fetch("/")'],
  ['a blob', () => 'blob:https://node.example.com/1'],
  ['gopher', () => 'gopher://127.0.0.1'],
  ['a WebSocket', () => 'wss://node.example.com'],
  ['no scheme', () => '//127.0.0.1'],
  ['credentials', () => 'https://user:pass@node.example.com'],
]
const portOf = ({ farUrl }: TestRouter) => new URL(farUrl).port
const oipTarget = (target: string) => `${target}/v2/models/theirs`

describe.each(TARGETS)('%s', (_, target) => {
  test('cannot be registered, and is not asked', async () => {
    const url = target(portOf(router))
    for (const body of [
      router.place({ target: url }),
      remotePlace(oipTarget(url)),
      { ...remotePlace(oipTarget(url)), verify: true },
    ]) {
      const answer = await router.admin('POST', '/deployments', body)
      expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request'])
      expect(answer.body.detail).toContain('is refused')
    }
    expect(router.received).toEqual([])
  })

  test('is not called when it stands in the database', async () => {
    const url = target(portOf(router))
    await storeDeployment(router, { model: 'tone', node: 'far', transport: 'http', target: url })
    expect((await router.infer()).body).toMatchObject({ code: 'unreachable', status: 503 })
    const stored = { model: 'resnet', node: 'far', transport: 'oip', target: oipTarget(url) }
    await storeDeployment(router, stored)
    const tensors = { method: 'POST', key: router.inferKey, body: '{"inputs":[]}' }
    expect((await router.send(REMOTE_INFER, tensors)).body.code).toBe('unreachable')
    expect(router.received).toEqual([])
  })
})

test('a row in the database is called where its host may be: in development', async () => {
  const { farUrl: target } = lenient
  await storeDeployment(lenient, { model: 'tone', node: 'far', transport: 'http', target })
  expect((await lenient.infer()).status).toBe(200)
  expect(lenient.received).toHaveLength(1)
})

test.each(['__proto__', 'constructor', 'DB', 'ADMIN_KEY', 'toString', 'RATE_LIMITER'])(
  'a binding that is no node is not called: %s',
  async (target) => {
    await storeDeployment(router, { model: 'tone', node: 'far', transport: 'binding', target })
    expect((await router.infer()).body.code).toBe('unreachable')
  },
)

test('spans are not sent to loopback, and the log says why', async () => {
  await router.infer({ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` })
  expect(router.logs().join('\n')).toContain('otlp_settings_refused')
  expect(router.received.filter(({ path }) => path.includes('traces'))).toEqual([])
})

/** Only the platform sees what a name resolves to when it is called. */
test('as deployed, the platform refuses private addresses behind public names', () => {
  expect(readFileSync(join(ROOT, 'wrangler.toml'), 'utf8')).toMatch(
    /^compatibility_flags = \[.*"global_fetch_strictly_public".*\]$/m,
  )
})
