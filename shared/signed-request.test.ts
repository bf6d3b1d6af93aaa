import { exportJWK, generateKeyPair, importJWK, SignJWT, UnsecuredJWT, type JWK } from 'jose'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'

import { ReplayWindow } from './replay-window.ts'
import { signRequest, verifySignature, type SignedParts } from './signed-request.ts'

const NODE = 'native'
const parts: SignedParts = {
  method: 'POST',
  path: '/models/tone/versions/1',
  body: new TextEncoder().encode('hello'),
}
let privateKey: string
let publicKey: string
let otherKey: string

async function keyPair(): Promise<[string, string]> {
  const pair = await generateKeyPair('EdDSA', { extractable: true })
  return [
    JSON.stringify(await exportJWK(pair.privateKey)),
    JSON.stringify(await exportJWK(pair.publicKey)),
  ]
}

beforeAll(async () => {
  ;[privateKey, publicKey] = await keyPair()
  ;[otherKey] = await keyPair()
})
afterEach(() => vi.useRealTimers())

const sign = (key = privateKey, audience = NODE) =>
  signRequest(parts, { privateKey: key, audience })
const verify = (
  signature: string,
  changed: Partial<SignedParts> = {},
  seen = new ReplayWindow(),
) => {
  const { body, ...call } = { ...parts, ...changed }
  const readBody = async () => body
  return verifySignature({ ...call, signature, readBody }, { publicKey, audience: NODE, seen })
}
const refused = expect.objectContaining({ code: 'unauthenticated' })

describe('verifySignature', () => {
  test('lets the very request through that was signed', async () => {
    await expect(verify(await sign())).resolves.toEqual(parts.body)
  })

  test('refuses the same signature a second time, and one that was used with another body', async () => {
    const seen = new ReplayWindow()
    const signature = await sign()
    await expect(verify(signature, {}, seen)).resolves.toEqual(parts.body)
    await expect(verify(signature, {}, seen)).rejects.toEqual(refused)
    const other = await sign()
    await expect(verify(other, { body: new Uint8Array(1) }, seen)).rejects.toEqual(refused)
    await expect(verify(other, {}, seen)).rejects.toEqual(refused)
    await expect(verify(await sign(), {}, seen)).resolves.toEqual(parts.body)
  })

  test('remembers a signature for as long as it would be taken, by any clock that it is taken by', async () => {
    const seen = new ReplayWindow()
    const now = Date.now()
    vi.useFakeTimers({ now, toFake: ['Date'] })
    const signature = await sign()
    vi.setSystemTime(now - 25_000)
    await verify(signature, {}, seen)
    for (const later of [0, 30_000, 60_000, 89_000, 95_000]) {
      vi.setSystemTime(now + later)
      await expect(verify(signature, {}, seen)).rejects.toEqual(refused)
    }
  })

  test('reads no body for who is not the router', async () => {
    const readBody = vi.fn(async () => parts.body)
    const trust = { publicKey, audience: NODE, seen: new ReplayWindow() }
    const ask = (signature: string, path = parts.path) =>
      verifySignature({ signature, method: 'POST', path, readBody }, trust)
    await expect(ask('a.b.c')).rejects.toEqual(refused)
    await expect(ask(await sign(otherKey))).rejects.toEqual(refused)
    await expect(ask(await sign(), '/models/tone')).rejects.toEqual(refused)
    expect(readBody).not.toHaveBeenCalled()
  })

  test('refuses a signature that is longer than any of its own', async () => {
    await expect(verify(`${await sign()}${'A'.repeat(2_048)}`)).rejects.toEqual(refused)
  })

  test.each(['{"kty":"OKP","d":"hunter2', '{"kty":"hunter2"}', 'hunter2'])(
    'says nothing of a key that is none: %s',
    async (key) => {
      const failure: unknown = await sign(key).catch((err: unknown) => err)
      expect(failure).toMatchObject({ code: 'internal', cause: undefined })
      expect(String(failure)).not.toContain('hunter2')
    },
  )

  test('refuses a signature made for another node', async () => {
    await expect(verify(await sign(privateKey, 'other-node'))).rejects.toEqual(refused)
  })

  test("refuses a signature of another router's key", async () => {
    await expect(verify(await sign(otherKey))).rejects.toEqual(refused)
  })

  test('refuses an altered body, path or method', async () => {
    const signature = await sign()
    await expect(verify(signature, { body: new Uint8Array([1]) })).rejects.toEqual(refused)
    await expect(verify(signature, { body: new Uint8Array(0) })).rejects.toEqual(refused)
    await expect(verify(signature, { path: '/models/tone/versions/2' })).rejects.toEqual(refused)
    await expect(verify(signature, { method: 'PUT' })).rejects.toEqual(refused)
  })

  test('refuses a signature two minutes old, and takes one from a clock 20 s ahead', async () => {
    const signature = await sign()
    vi.useFakeTimers({ now: Date.now() + 120_000, toFake: ['Date'] })
    await expect(verify(signature)).rejects.toEqual(refused)
    vi.setSystemTime(Date.now() - 120_000 - 20_000)
    await expect(verify(signature)).resolves.toEqual(parts.body)
  })

  test.each(['', 'nonsense', 'a.b.c'])('refuses %j', async (signature) => {
    await expect(verify(signature)).rejects.toEqual(refused)
  })

  test('refuses a signature of a clock two minutes ahead: it could be replayed for as long', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
    const signature = await sign()
    vi.setSystemTime(Date.now() - 120_000)
    await expect(verify(signature)).rejects.toEqual(refused)
  })

  test("refuses the router's own token when it never expires or can't be told from another", async () => {
    const body = await crypto.subtle.digest('SHA-256', parts.body)
    const claims = { htm: 'POST', htu: parts.path, body: Buffer.from(body).toString('hex') }
    const key = await importJWK(JSON.parse(privateKey) as JWK, 'EdDSA')
    const token = () =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'EdDSA' })
        .setIssuer('capillary-router')
        .setAudience(NODE)
        .setIssuedAt()
    await expect(verify(await token().setJti('1').sign(key))).rejects.toEqual(refused)
    await expect(verify(await token().setExpirationTime('60s').sign(key))).rejects.toEqual(refused)
    const complete = token().setJti('1').setExpirationTime('60s')
    await expect(verify(await complete.sign(key))).resolves.toEqual(parts.body)
  })

  test('refuses a token without a signature', async () => {
    const token = new UnsecuredJWT({ htm: 'POST', htu: parts.path, body: '' })
      .setIssuer('capillary-router')
      .setAudience(NODE)
      .setIssuedAt()
      .setExpirationTime('60s')
      .setJti('1')
    await expect(verify(token.encode())).rejects.toEqual(refused)
  })

  test('refuses a token signed with the public key as a shared secret', async () => {
    const token = await new SignJWT({ htm: 'POST', htu: parts.path, body: '' })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('capillary-router')
      .setAudience(NODE)
      .setIssuedAt()
      .setExpirationTime('60s')
      .setJti('1')
      .sign(new TextEncoder().encode(publicKey))
    await expect(verify(token)).rejects.toEqual(refused)
  })
})
