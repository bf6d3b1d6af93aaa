/** Real models against their own cards: they pass, the signature holds, and a card that lies gets no traffic. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { z } from 'zod'

import { AdminClient } from '../scripts/mesh/admin-client.ts'
import { startMesh, type Mesh } from '../scripts/mesh/start-mesh.ts'
import { MODELS_DIR, OUTPUT_DIR } from '../scripts/paths.ts'
import { bindingName } from '../scripts/service-bindings.ts'
import { readModelFolders } from '../workers/native/model-folders.ts'
import { meshClient } from './mesh-client.ts'

const shared = inject('mesh')
const LANGUAGE = 'language-id'

const Card = z.looseObject({
  measured: z.array(
    z.looseObject({ deployment: z.string(), metric: z.string(), value: z.number() }),
  ),
  contradicted: z.array(z.looseObject({ deployment: z.string(), metric: z.string() })),
  deployments: z.array(
    z.looseObject({ node: z.string(), verification: z.looseObject({ state: z.string() }) }),
  ),
})

/** The card of the version that a folder has. */
async function cardOf(
  mesh: { url: string; inferKey: string },
  { id, version }: { id: string; version: string },
): Promise<z.infer<typeof Card>> {
  const response = await meshClient(mesh).get(`/models/${id}/versions/${version}`)
  return Card.parse(await response.json())
}

describe('the models of this repository', () => {
  const admin = new AdminClient(shared.url, shared.adminKey)

  test.each(readModelFolders(MODELS_DIR).map(({ id, manifest }) => [id, manifest] as const))(
    '%s does wherever it runs what its card says',
    async (id, manifest) => {
      for (const placement of manifest.placement) {
        const node = placement === 'edge' ? `mesh-${id}` : 'native'
        const verification = await admin.verify(`${id}@${manifest.version}/${node}`)
        expect(verification, node).toMatchObject({ state: 'passed', detail: null, note: null })
      }
      const card = await cardOf(shared, manifest)
      expect(card.contradicted).toEqual([])
      const metrics = new Set(card.measured.map(({ metric }) => metric))
      expect(metrics).toEqual(
        new Set([
          'accuracy',
          'determinism',
          'latency_ms',
          ...(manifest.placement.length > 1 ? ['parity'] : []),
        ]),
      )
      const loosest = Math.max(...manifest.examples.map(({ tolerance }) => tolerance))
      for (const { metric, value } of card.measured) {
        if (metric === 'parity') expect(value).toBeLessThanOrEqual(2 * loosest)
      }
    },
  )

  test('have cards that anybody can verify who knows where the mesh is', async () => {
    const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', shared.url))
    const response = await meshClient(shared).get(`/models/${LANGUAGE}/versions/1/card.jws`)
    expect(response.headers.get('content-type')).toBe('application/jose')
    const jws = await response.text()
    const wanted = { algorithms: ['EdDSA'], typ: 'capillary-card+jwt', issuer: shared.url }
    const { payload } = await jwtVerify(jws, keys, wanted)
    expect(payload).toMatchObject({ sub: `${LANGUAGE}@1`, card: { id: LANGUAGE } })
    const [header = '', claims = '', signature = ''] = jws.split('.')
    const text = Buffer.from(claims, 'base64url').toString().replace('0.9369', '0.9999')
    const forged = [header, Buffer.from(text).toString('base64url'), signature].join('.')
    expect(forged).not.toBe(jws)
    await expect(jwtVerify(forged, keys, wanted)).rejects.toThrow('signature verification failed')
  })
})

describe('a mesh as it is started', () => {
  const OUTPUT = join(OUTPUT_DIR, 'cards')
  let mesh: Mesh

  beforeAll(async () => {
    await rm(OUTPUT, { recursive: true, force: true })
    mesh = await startMesh({ port: 0, outputDir: OUTPUT, ids: [LANGUAGE], log: () => {} })
  })
  afterAll(() => mesh.stop())

  const of = () => ({ url: mesh.url, inferKey: mesh.secrets.inferKey })
  const infer = () =>
    meshClient(of()).post('/infer/text-classification/language', 'Ceci est une phrase.')

  test('asks only who has passed', async () => {
    expect((await infer()).status).toBe(200)
    const { deployments } = await cardOf(of(), { id: LANGUAGE, version: '1' })
    expect(deployments.map(({ verification }) => verification.state)).toEqual(['passed', 'passed'])
  })

  test('shows a real model whose card lies as such, and gives it no traffic', async () => {
    const [folder] = readModelFolders(MODELS_DIR, [LANGUAGE])
    if (!folder) throw new Error(`there is no ${LANGUAGE}`)
    const { manifest } = folder
    const lies = manifest.examples.map((example, i) =>
      i < 2 ? { ...example, expected: [{ label: 'tlh', score: 1 }] } : example,
    )
    await mesh.admin.putModel(
      {
        ...manifest,
        examples: lies,
        claims: [{ metric: 'accuracy', value: 0.99, on: 'nothing' }],
      },
      {},
    )
    const { verification } = await mesh.admin.putDeployment({
      model: LANGUAGE,
      version: manifest.version,
      node: `mesh-${LANGUAGE}`,
      placement: 'edge',
      transport: 'binding',
      target: bindingName(LANGUAGE),
    })
    expect(verification).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining(`'${manifest.examples[0]?.name}': $`),
    })
    const { contradicted } = await cardOf(of(), manifest)
    expect(contradicted).toMatchObject([
      { metric: 'examples', claimed: 1, measured: 0.6, samples: 5 },
      { metric: 'accuracy', claimed: 0.99, measured: 0.6, samples: 5 },
    ])
    const refused = await infer()
    expect(refused.status).toBe(503)
    expect(await refused.json()).toMatchObject({
      code: 'no_deployment',
      explain: {
        deployments: [
          {
            failed: { predicate: 'verified' },
            contradicted: [{}, {}].map(() => expect.any(String)),
          },
        ],
      },
    })
  })
})
