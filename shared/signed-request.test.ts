import { exportJWK, generateKeyPair, importJWK, SignJWT, UnsecuredJWT, type JWK } from 'jose'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'

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
const verify = (signature: string, changed: Partial<SignedParts> = {}) =>
  verifySignature({ ...parts, ...changed, signature }, { publicKey, audience: NODE })
const refused = expect.objectContaining({ code: 'unauthenticated' })

describe('verifySignature', () => {
  test('lets the very request through that was signed', async () => {
    await expect(verify(await sign())).resolves.toBeUndefined()
  })

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
    await expect(verify(signature)).resolves.toBeUndefined()
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
    await expect(verify(await complete.sign(key))).resolves.toBeUndefined()
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
