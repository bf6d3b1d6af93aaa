/** A node on the open network answers its router alone: each call once, as it was meant, for a minute. */
import { request } from 'node:http'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { exportJWK, generateKeyPair, importJWK, SignJWT, UnsecuredJWT, type JWK } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

import { MAX_BODY_BYTES } from '#shared/protocol.ts'
import { sha256 } from '#shared/sha256.ts'
import { signRequest } from '#shared/signed-request.ts'

import { MODELS_DIR } from '../../scripts/paths.ts'
import { parseConfig } from '../../workers/native/config.ts'
import { startNativeNode, type NativeNode } from '../../workers/native/start-native-node.ts'
import { startTestRouter, type TestRouter } from '../../workers/router/start-test-router.ts'

const MODEL = 'language-id'
const BODY = 'Ceci est une phrase.'
const OWN = 'own'

let router: TestRouter
let node: NativeNode
let path: string

beforeAll(async () => {
  router = await startTestRouter()
  const settings = { PORT: '0', MODELS: MODEL, NODE_ID: OWN, ROUTER_PUBLIC_KEY: router.publicKey }
  node = await startNativeNode(parseConfig(settings))
  const manifest: unknown = JSON.parse(
    await readFile(join(MODELS_DIR, MODEL, 'manifest.json'), 'utf8'),
  )
  const { version } = z.looseObject({ version: z.string() }).parse(manifest)
  path = `/models/${MODEL}/versions/${version}`
  await router.admin('POST', '/models', { manifest })
  const place = router.place({ model: MODEL, version, node: OWN, target: node.url })
  expect((await router.admin('POST', '/deployments', place)).status).toBe(201)
}, 60_000)
afterAll(async () => {
  await router.stop()
  await node.stop()
})

interface Sent {
  to?: string
  method?: string
  body?: string
}

async function call(signature: string, { to = path, method = 'POST', body = BODY }: Sent = {}) {
  const response = await fetch(`${node.url}${to}`, {
    method,
    headers: { 'content-type': 'text/plain', 'mesh-signature': signature },
    ...(method === 'GET' ? {} : { body }),
  })
  const answer: unknown = await response.json()
  return { status: response.status, answer }
}

const bytes = (text: string) => new TextEncoder().encode(text)
const sign = (audience = OWN, privateKey = router.signingKey) =>
  signRequest({ method: 'POST', path, body: bytes(BODY) }, { privateKey, audience })
const REFUSED = { status: 401, answer: { code: 'unauthenticated' } }
const seconds = () => Math.floor(Date.now() / 1_000)

/** What the router signs, with what is changed of it; undefined takes a claim away. */
async function claims(changed: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
  const all = {
    htm: 'POST',
    htu: path,
    body: await sha256(BODY),
    iss: 'capillary-router',
    aud: OWN,
    iat: seconds(),
    exp: seconds() + 60,
    jti: crypto.randomUUID(),
    ...changed,
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

async function signClaims(changed: Record<string, unknown>, header = {}): Promise<string> {
  const key = await importJWK(JSON.parse(router.signingKey) as JWK, 'EdDSA') // as: it was exported as one
  return new SignJWT(await claims(changed))
    .setProtectedHeader({ alg: 'EdDSA', ...header })
    .sign(key)
}

test('a call that is made as the router makes it is answered: what is refused below is refused for what is changed', async () => {
  expect((await call(await signClaims({}))).status).toBe(200)
  expect((await call(await sign())).status).toBe(200)
})

describe('a captured call', () => {
  test('is answered once', async () => {
    const signature = await sign()
    expect((await call(signature)).status).toBe(200)
    for (let i = 0; i < 3; i++) expect(await call(signature)).toMatchObject(REFUSED)
  })

  test('is answered once, however many come at once', async () => {
    const signature = await sign()
    const answers = await Promise.all(Array.from({ length: 8 }, () => call(signature)))
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    expect(statuses.filter((status) => status === 401)).toHaveLength(7)
  })

  test('of another node is refused here, as it left the router', async () => {
    router.received.length = 0
    await router.infer()
    const [captured] = router.received
    const signature = String(captured?.headers['mesh-signature'])
    const sent = { to: captured?.path ?? '', body: 'hello' }
    expect(await call(signature, sent)).toMatchObject(REFUSED)
  })

  test.each<[string, () => Sent]>([
    ['another input', () => ({ body: 'Dies ist ein Satz.' })],
    ['no input', () => ({ body: '' })],
    ['another path', () => ({ to: `/models/${MODEL}` })],
    ['the other door', () => ({ to: `/v2${path}/infer` })],
    ['another method', () => ({ to: '/v2/models', method: 'GET' })],
  ])('is refused with %s', async (_, changed) => {
    expect(await call(await sign(), changed())).toMatchObject({ status: 401 })
  })
})

test('the router never sends the same signature twice', async () => {
  router.received.length = 0
  for (let i = 0; i < 5; i++) await router.infer()
  const signatures = router.received.map(({ headers }) => headers['mesh-signature'])
  expect(new Set(signatures).size).toBe(5)
})

describe('a signature', () => {
  test.each<[string, () => Record<string, unknown>]>([
    ['that expired', () => ({ iat: seconds() - 200, exp: seconds() - 140 })],
    ['that is old and never expires', () => ({ iat: seconds() - 200, exp: seconds() + 9e9 })],
    ['of the future', () => ({ iat: seconds() + 120, exp: seconds() + 180 })],
    ['valid only later', () => ({ nbf: seconds() + 120 })],
    ['without an end', () => ({ exp: undefined })],
    ['without a beginning', () => ({ iat: undefined })],
    ['without an id', () => ({ jti: undefined })],
    ['with an id that is a document', () => ({ jti: 'x'.repeat(65) })],
    ['without an audience', () => ({ aud: undefined })],
    ['for all nodes', () => ({ aud: '*' })],
    ['of another issuer', () => ({ iss: 'somebody' })],
    ['without a path', () => ({ htu: undefined })],
    ['for a list of paths', () => ({ htu: [path] })],
    ['without a digest', () => ({ body: undefined })],
  ])('%s is refused', async (_, changed) => {
    expect(await call(await signClaims(changed()))).toMatchObject(REFUSED)
  })

  test('of another key is refused, also when it brings the key along', async () => {
    const pair = await generateKeyPair('EdDSA', { extractable: true })
    const jwk = await exportJWK(pair.publicKey)
    for (const header of [{}, { jwk }, { kid: '../../dev/null' }, { jku: router.farUrl }]) {
      const forged = await new SignJWT(await claims())
        .setProtectedHeader({ alg: 'EdDSA', ...header })
        .sign(pair.privateKey)
      expect(await call(forged)).toMatchObject(REFUSED)
    }
  })

  test('without a signature, or made with the public key as a secret, is refused', async () => {
    const unsigned = new UnsecuredJWT(await claims()).encode()
    const shared = await new SignJWT(await claims())
      .setProtectedHeader({ alg: 'HS256' })
      .sign(bytes(router.publicKey))
    const { x } = JSON.parse(router.publicKey) as { x: string } // as: it was exported as a JWK
    const raw = await new SignJWT(await claims())
      .setProtectedHeader({ alg: 'HS256' })
      .sign(Buffer.from(x, 'base64url'))
    for (const forged of [unsigned, shared, raw]) expect(await call(forged)).toMatchObject(REFUSED)
  })

  test('with a header that must be understood is refused', async () => {
    const header = { crit: ['b64'], b64: false }
    const [head = '', ...rest] = (await signClaims({})).split('.')
    const changed = { ...JSON.parse(Buffer.from(head, 'base64url').toString()), ...header }
    const forged = [Buffer.from(JSON.stringify(changed)).toString('base64url'), ...rest].join('.')
    expect(await call(forged)).toMatchObject(REFUSED)
  })

  test.each(['', ' ', 'a.b.c', '..', 'A'.repeat(8_000), 'a.'.repeat(3_000), 'null', '{}'])(
    'that is none is refused: %#',
    async (signature) => {
      expect(await call(signature)).toMatchObject(REFUSED)
    },
  )

  test('that is larger than any of the router’s is refused, though it is valid', async () => {
    expect(await call(await signClaims({ more: 'x'.repeat(3_000) }))).toMatchObject(REFUSED)
  })
})

/** It once held 16 MB for each caller before it looked who called. */
test('a node waits for no body of who is not its router', async () => {
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const sent = request(`${node.url}${path}`, {
      method: 'POST',
      headers: {
        'content-length': MAX_BODY_BYTES,
        'mesh-signature': 'a.b.c',
        'content-type': 'text/plain',
      },
    })
    sent.once('response', (response) => {
      resolve(response.statusCode)
      sent.destroy()
    })
    sent.once('error', reject)
    // the headers, and nothing more
    sent.flushHeaders()
  })
  expect(status).toBe(401)
})

describe('the metrics of a node that others can reach', () => {
  test('need a token to be set, as its router’s key does', () => {
    const reachable = { HOST: '0.0.0.0', ROUTER_PUBLIC_KEY: router.publicKey }
    expect(() => parseConfig(reachable)).toThrow(/METRICS_TOKEN/)
    expect(() => parseConfig({ ...reachable, METRICS_TOKEN: 'short' })).toThrow(/METRICS_TOKEN/)
    expect(parseConfig({ ...reachable, METRICS_TOKEN: 'm'.repeat(16) }).host).toBe('0.0.0.0')
  })

  test('are shown to who has it', async () => {
    const token = 'metrics-token-of-this-test'
    const guarded = await startNativeNode(
      parseConfig({ PORT: '0', MODELS: MODEL, METRICS_TOKEN: token }),
    )
    try {
      const statusFor = async (authorization?: string) => {
        const headers = authorization === undefined ? {} : { authorization }
        return (await fetch(`${guarded.url}/metrics`, { headers })).status
      }
      expect(await statusFor(`Bearer ${token}`)).toBe(200)
      for (const wrong of [undefined, token, 'Bearer ', `Bearer ${token}x`, `Basic ${token}`]) {
        expect(await statusFor(wrong)).toBe(401)
      }
    } finally {
      await guarded.stop()
    }
  })
})
