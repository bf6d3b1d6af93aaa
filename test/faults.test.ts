import { globSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

import { parseManifest } from '#shared/manifest.ts'

import { startMesh, type Mesh } from '../scripts/mesh/start-mesh.ts'
import { OUTPUT_DIR } from '../scripts/paths.ts'
import languageManifest from '../workers/models/language-id/manifest.json' with { type: 'json' }
import { startFarNode, type FarNode } from './fixtures/far-node.ts'
import { expectProblem } from './model-contract.ts'

const OUTPUT = join(OUTPUT_DIR, 'test-faults')
const LANGUAGE = '/infer/text-classification/language'
const FAR = '/infer/text-classification/far-language'
const TEXT = 'Ceci est une phrase écrite en français.'

let mesh: Mesh

beforeAll(async () => {
  await rm(OUTPUT, { recursive: true, force: true })
  mesh = await startMesh({
    port: 0,
    outputDir: OUTPUT,
    ids: ['language-id'],
    // nodes that fail on purpose are to be asked
    verification: 'off',
    log: () => {},
  })
})
afterAll(() => mesh.stop())

function post(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${mesh.url}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${mesh.secrets.inferKey}`,
      'content-type': 'text/plain',
      // what is kept would hide the fault
      'cache-control': 'no-cache',
      ...headers,
    },
    body: TEXT,
  })
}

describe('a far node', () => {
  const manifest = parseManifest(
    { ...languageManifest, id: 'far-language', capability: 'text-classification/far-language' },
    'far',
  )
  const nodes: FarNode[] = []

  /** Puts a far node at the edge, so that it is asked first. */
  async function deploy(
    name: string,
    answer: (response: ServerResponse, count: number) => void,
  ): Promise<FarNode> {
    const node = await startFarNode(answer)
    nodes.push(node)
    await mesh.admin.putModel(manifest, {})
    await mesh.admin.putDeployment({
      model: manifest.id,
      version: manifest.version,
      node: name,
      placement: name.startsWith('native') ? 'native' : 'edge',
      transport: 'http',
      target: node.url,
      state: 'ready',
    })
    return node
  }
  const well = (response: ServerResponse) =>
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end('[{"label":"fra","score":1}]')

  afterEach(async () => {
    const { deployments } = await mesh.admin.deployments()
    for (const { id, modelId } of deployments)
      if (modelId === manifest.id) await mesh.admin.deleteDeployment(id)
    await Promise.all(nodes.splice(0).map((node) => node.stop()))
  })

  const faults: Record<string, { answer: (response: ServerResponse) => void; outcome: string }> = {
    'answers 503': { answer: (response) => response.writeHead(503).end(), outcome: 'unreachable' },
    'answers 500': {
      answer: (response) => response.writeHead(500).end('oops'),
      outcome: 'bad_gateway',
    },
    'answers a web page': {
      answer: (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
      outcome: 'bad_gateway',
    },
    'redirects elsewhere': {
      answer: (response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
      outcome: 'bad_gateway',
    },
    'hangs up': { answer: (response) => response.destroy(), outcome: 'unreachable' },
    'never answers': { answer: () => {}, outcome: 'deadline_exceeded' },
    'refuses the router': {
      answer: (response) =>
        response.writeHead(401, { 'content-type': 'application/problem+json' }).end(
          JSON.stringify({
            type: 'x',
            title: 'x',
            status: 401,
            detail: 'no',
            code: 'unauthenticated',
            retryable: false,
          }),
        ),
      outcome: 'bad_gateway',
    },
    'trapped in its runtime': {
      answer: (response) =>
        response.writeHead(500, { 'content-type': 'application/problem+json' }).end(
          JSON.stringify({
            type: 'x',
            title: 'x',
            status: 500,
            detail: 'trap',
            code: 'runtime_trap',
            retryable: true,
          }),
        ),
      outcome: 'runtime_trap',
    },
  }
  for (const [fault, { answer, outcome }] of Object.entries(faults)) {
    test(`that ${fault} is passed over for the next`, async () => {
      await deploy('edge-bad', answer)
      await deploy('native-good', well)
      const response = await post(FAR, { 'mesh-deadline-ms': '2000' })
      expect(response.status).toBe(200)
      const route = response.headers.get('mesh-route')
      expect(route).toMatch(
        new RegExp(
          `^edge/edge-bad;far-language@1;${outcome};.*, native/native-good;far-language@1;ok;`,
        ),
      )
    })
  }

  test('that is the only one and fails gives a typed error with every attempt', async () => {
    await deploy('edge-bad', (response) => response.writeHead(503).end())
    const problem = await expectProblem(post(FAR), 503, 'unreachable')
    // asked again twice, in case it was away for a moment only
    expect(problem.attempts).toEqual(
      Array.from({ length: 3 }, (_, i) =>
        expect.objectContaining({
          node: 'edge-bad',
          outcome: 'unreachable',
          kind: i === 0 ? 'first' : 'retry',
        }),
      ),
    )
    expect(problem.detail).toBe(
      'far-language@1 on edge-bad could not answer, and no other was asked',
    )
  })

  test('that answers too late costs no more than the deadline', async () => {
    await deploy('edge-slow', (response) => setTimeout(() => well(response), 5_000).unref())
    const started = performance.now()
    await expectProblem(post(FAR, { 'mesh-deadline-ms': '300' }), 504, 'deadline_exceeded')
    expect(performance.now() - started).toBeLessThan(3_000)
  })

  test("is given the call's id, trace and time left, and nothing of the caller's", async () => {
    const node = await deploy('edge-good', well)
    await post(FAR, { 'x-request-id': 'from-me', cookie: 'secret=1', 'mesh-deadline-ms': '4000' })
    const [call] = node.received
    expect(call?.path).toBe('/models/far-language/versions/1')
    expect(call?.headers).toMatchObject({
      'mesh-request-id': 'from-me',
      'content-type': 'text/plain',
      'mesh-signature': expect.any(String),
    })
    expect(Number(call?.headers['mesh-deadline-ms'])).toBeLessThanOrEqual(4_000)
    expect(call?.headers).not.toHaveProperty('authorization')
    expect(call?.headers).not.toHaveProperty('cookie')
  })

  test('is not asked again when the input is wrong', async () => {
    const refuse = (response: ServerResponse) =>
      response.writeHead(422, { 'content-type': 'application/problem+json' }).end(
        JSON.stringify({
          type: 'x',
          title: 'x',
          status: 422,
          detail: 'no letters',
          code: 'invalid_input',
          retryable: false,
        }),
      )
    await deploy('edge-strict', refuse)
    const second = await deploy('native-good', well)
    await expectProblem(post(FAR), 422, 'invalid_input')
    expect(second.received).toHaveLength(0)
  })
})

describe('when parts of the mesh are gone', () => {
  test('D1: answers go on from the last snapshot, changes fail typed, and all is well when it is back', async () => {
    expect((await post(LANGUAGE)).status).toBe(200)
    const databases = globSync(join(OUTPUT, 'state', 'v3', 'd1', '**', '*.sqlite'))
    const file = databases.find((path) => !path.includes('metadata'))
    if (file === undefined) throw new Error('the local D1 keeps a file')
    const sql = (statement: string) => {
      const database = new DatabaseSync(file)
      database.exec(statement)
      database.close()
    }
    sql(
      'ALTER TABLE registry_meta RENAME TO gone_meta; ALTER TABLE deployments RENAME TO gone_deployments',
    )
    try {
      // older than it is used unchecked
      await new Promise((resolve) => setTimeout(resolve, 2_500))
      for (let i = 0; i < 5; i++) expect((await post(LANGUAGE)).status).toBe(200)
      await expect
        .poll(async () => (await fetch(`${mesh.url}/health`)).json())
        .toMatchObject({ status: 'degraded' })
      await expect(mesh.admin.createKey('no', ['infer'])).rejects.toThrow(/50[03]/)
      expect((await post(LANGUAGE)).status).toBe(200)
    } finally {
      sql(
        'ALTER TABLE gone_meta RENAME TO registry_meta; ALTER TABLE gone_deployments RENAME TO deployments',
      )
    }
    await expect
      .poll(
        async () => {
          await post(LANGUAGE)
          return (await fetch(`${mesh.url}/health`)).json()
        },
        { timeout: 10_000, interval: 500 },
      )
      .toMatchObject({ status: 'ok' })
  })

  test('a model Worker: the native node answers, and who asks for the edge is told at once', async () => {
    await mesh.models.get('language-id')?.stop()
    const response = await post(LANGUAGE)
    expect(response.status).toBe(200)
    expect(response.headers.get('mesh-node')).toBe('native')
    expect(response.headers.get('mesh-route')).toMatch(
      /^edge\/mesh-language-id;language-id@1;unreachable;.*native\/native;language-id@1;ok;/,
    )
    const started = performance.now()
    await expectProblem(post(LANGUAGE, { 'mesh-placement': 'edge' }), 503, 'unreachable')
    expect(performance.now() - started).toBeLessThan(3_000)
  })

  test('everything: the error is typed, fast and names what was tried', async () => {
    await mesh.native.kill()
    const started = performance.now()
    const problem = await expectProblem(post(LANGUAGE), 503, 'unreachable')
    expect(performance.now() - started).toBeLessThan(5_000)
    expect(problem.detail).toBe('none of 2 deployments could answer')
  })
})
