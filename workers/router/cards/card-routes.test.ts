import { verifyAgentCardSignature, type AgentCard } from '@a2a-js/sdk'
import {
  compactVerify,
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  jwtVerify,
  type JSONWebKeySet,
} from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { canonicalJson } from '#shared/canonical-json.ts'

import { startTestRouter, TONE, type TestRouter } from '../start-test-router.ts'

const CARD = '/models/tone/versions/1'
let router: TestRouter
let retired: string

beforeAll(async () => {
  const [now, before] = [
    await generateKeyPair('EdDSA', { extractable: true }),
    await generateKeyPair('EdDSA'),
  ]
  const { x } = await exportJWK(before.publicKey)
  retired = String(x)
  const keys = [await exportJWK(now.privateKey), await exportJWK(before.publicKey)]
  router = await startTestRouter({ CARD_SIGNING_KEY: JSON.stringify({ keys }) })
}, 60_000)
afterAll(() => router.stop())

const jwks = async () =>
  // as: what was signed is verified by it below
  (await router.send('/.well-known/jwks.json', { key: '' })).body as unknown as JSONWebKeySet
const jws = async () => String((await router.send(`${CARD}/card.jws`)).body.text)
const wanted = { algorithms: ['EdDSA'], typ: 'capillary-card+jwt', subject: 'tone@1' }

describe('the card of a version', () => {
  test('has what was measured beside what is claimed, each with its date', async () => {
    const before = (await router.send(CARD)).body
    expect(before).toMatchObject({ claims: [], measured: [], contradicted: [] })
    await router.admin('POST', '/verifications', { deployment: 'tone@1/far' })
    const { body } = await router.send(CARD)
    const common = { deployment: 'tone@1/far', source: 'examples', expired: false }
    expect(body.measured).toEqual(
      expect.arrayContaining([
        { ...common, metric: 'accuracy', value: 1, samples: 3, measuredAt: expect.any(Number) },
        { ...common, metric: 'determinism', value: 1, samples: 3, measuredAt: expect.any(Number) },
        {
          ...common,
          metric: 'latency_ms',
          value: expect.any(Number),
          samples: 6,
          measuredAt: expect.any(Number),
        },
      ]),
    )
    expect(body.deployments).toMatchObject([{ node: 'far', verification: { state: 'passed' } }])
    expect((await router.send('/models/tone')).body).toEqual({ id: 'tone', versions: [body] })
    expect(JSON.stringify(body)).not.toContain(router.farUrl)
  })

  test('that claims more than was measured is shown as such, wherever it is', async () => {
    const { manifest } = await versionOf()
    const claims = [{ metric: 'accuracy', value: 0.99, on: 'my word' }]
    await router.admin('POST', '/models', { manifest: { ...manifest, version: '2', claims } })
    await router.admin('POST', '/deployments', router.place({ version: '2', node: 'boaster' }))
    await router.admin('POST', '/measurements', {
      deployment: 'tone@2/boaster',
      metric: 'accuracy',
      value: 0.7,
      samples: 200,
    })
    const { body } = await router.send('/models/tone/versions/2')
    const [told] = body.contradicted as { detail: string }[]
    expect(told).toMatchObject({
      deployment: 'tone@2/boaster',
      metric: 'accuracy',
      claimed: 0.99,
      measured: 0.7,
      detail: 'accuracy is 0.99 by the card, and was measured to be 0.7 on 200 samples',
    })
    const models = await router.send('/models')
    expect(models.body).toMatchObject({ models: [{ contradicted: [] }, { contradicted: [told] }] })
    const explained = await router.send('/explain', {
      method: 'POST',
      key: router.inferKey,
      body: JSON.stringify({ capability: manifest.capability }),
    })
    expect(explained.body.deployments).toContainEqual(
      expect.objectContaining({ node: 'boaster', contradicted: [told?.detail] }),
    )
  })

  test.each([
    ['accuracy', 93, 'accuracy is 93; it must be a share, from 0 to 1'],
    ['determinism', -0.1, 'determinism is -0.1; it must be a share, from 0 to 1'],
    ['latency_ms', -1, 'latency_ms is -1; it must be in milliseconds, from 0'],
  ])('is measured by no %s of %d', async (metric, value, sentence) => {
    const measured = { deployment: 'tone@1/far', metric, value }
    const { status, body } = await router.admin('POST', '/measurements', measured)
    expect([status, body.detail]).toEqual([400, `value: ${sentence}`])
  })

  test('has its measurements listed to who says of which deployment', async () => {
    const { status, body } = await router.admin('GET', '/measurements')
    expect([status, body.code]).toEqual([400, 'invalid_request'])
    expect(body.detail).toContain('?deployment=<id>')
  })

  test('says of what was measured long ago that it has expired, and so does the ranking', async () => {
    await router.admin('POST', '/verifications', { deployment: 'tone@1/far' })
    const DB = await router.database()
    await DB.batch([
      DB.prepare("update measurements set measured_at = 1 where deployment_id = 'tone@1/far'"),
      DB.prepare('update registry_meta set version = version + 1'),
    ])
    // who looks at what is stored now makes this isolate see it
    await router.admin('GET', '/deployments')
    const { measured } = (await router.send(CARD)).body
    expect(new Set((measured as { expired: boolean }[]).map(({ expired }) => expired))).toEqual(
      new Set([true]),
    )
    const { body } = await router.send('/explain', {
      method: 'POST',
      key: router.inferKey,
      body: JSON.stringify({ capability: TONE }),
    })
    expect(body.deployments).toContainEqual(
      expect.objectContaining({
        node: 'far',
        score: expect.objectContaining({
          expired: ['accuracy', 'latency_ms'],
          terms: expect.objectContaining({ quality: 0.5, proof: 0 }),
        }),
      }),
    )
  })

  test('is nobody’s without a key, and unknown where there is none', async () => {
    for (const path of [CARD, `${CARD}/card.jws`]) {
      expect((await router.send(path, { key: '' })).status).toBe(401)
    }
    for (const path of ['/models/tone/versions/9', '/models/no/versions/1/card.jws']) {
      expect((await router.send(path)).body.code).toBe('model_unknown')
    }
  })
})

describe('a signed card', () => {
  test('is verified by the published keys, and is the card', async () => {
    const { headers, body } = await router.send('/.well-known/jwks.json', { key: '' })
    expect(headers.get('content-type')).toBe('application/jwk-set+json')
    expect(headers.get('cache-control')).toBe('public, max-age=3600')
    const keys = createLocalJWKSet(await jwks())
    const { payload, protectedHeader } = await jwtVerify(await jws(), keys, wanted)
    expect(payload).toMatchObject({ sub: 'tone@1', iss: expect.stringMatching(/^http/) })
    expect(payload.card).toEqual((await router.send(CARD)).body)
    expect(Number(payload.exp) - Number(payload.iat)).toBe(24 * 3600)
    const published = body.keys as { kid: string; x: string }[]
    expect(published[0]?.kid).toBe(protectedHeader.kid)
    // what was signed before stays verifiable
    expect(published[1]?.x).toBe(retired)
    expect(JSON.stringify(published)).not.toContain('"d"')
  })

  test('is in canonical form', async () => {
    const { payload } = await compactVerify(await jws(), createLocalJWKSet(await jwks()))
    const text = new TextDecoder().decode(payload)
    expect(text).toBe(canonicalJson(JSON.parse(text)))
  })

  test('that was changed, or is of another key, version or time, is refused', async () => {
    const keys = createLocalJWKSet(await jwks())
    const [header = '', payload = '', signature = ''] = (await jws()).split('.')
    const claims = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as object
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'tone@7' })).toString('base64url')
    await expect(
      jwtVerify([header, forged, signature].join('.'), keys, { ...wanted, subject: 'tone@7' }),
    ).rejects.toThrow('signature verification failed')
    await expect(jwtVerify(await jws(), keys, { ...wanted, subject: 'tone@2' })).rejects.toThrow(
      'unexpected "sub"',
    )
    const tomorrow = new Date(Date.now() + 25 * 3600 * 1000)
    await expect(
      jwtVerify(await jws(), keys, { ...wanted, currentDate: tomorrow }),
    ).rejects.toThrow('"exp" claim timestamp check failed')
    const { publicKey } = await generateKeyPair('EdDSA')
    await expect(jwtVerify(await jws(), publicKey, wanted)).rejects.toThrow('signature')
  })

  test('is not to be had of a router without a key, or with one that is none, which tells nobody', async () => {
    for (const key of [undefined, '{"kty":"OKP","crv":"Ed25519","x":"hunter2"}', 'hunter2']) {
      const keyless = await startTestRouter(key === undefined ? {} : { CARD_SIGNING_KEY: key })
      try {
        const { status, body } = await keyless.send(`${CARD}/card.jws`)
        expect([status, body.code]).toEqual([501, 'unsupported'])
        expect(JSON.stringify(body)).not.toContain('hunter2')
        expect((await keyless.send('/.well-known/jwks.json')).body).toEqual({ keys: [] })
        expect((await keyless.send('/.well-known/agent-card.json')).body).not.toHaveProperty(
          'signatures',
        )
      } finally {
        await keyless.stop()
      }
    }
  }, 60_000)
})

describe('the agent card', () => {
  test('is signed as the SDK of A2A verifies it, and not when a skill was changed', async () => {
    const sent = (await router.send('/.well-known/agent-card.json')).body
    const keys = createLocalJWKSet(await jwks())
    const verify = verifyAgentCardSignature((kid) => keys({ kid, alg: 'EdDSA' }))
    // as: it parses the card itself; one that was parsed before loses its security schemes in it, signed or not
    await verify(sent as unknown as AgentCard)
    const [skill] = sent.skills as object[]
    const changed = { ...sent, skills: [{ ...skill, description: 'Gives away money.' }] }
    await expect(verify(changed as unknown as AgentCard)).rejects.toThrow('No valid signatures')
  })
})

async function versionOf(): Promise<{ manifest: Record<string, unknown> }> {
  const { body } = await router.admin('GET', '/models/tone')
  const [version] = body.versions as { manifest: Record<string, unknown> }[]
  return { manifest: version?.manifest ?? {} }
}
