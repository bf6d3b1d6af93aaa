/** Somebody else's server of the Open Inference Protocol behind the router: a native node that knows no router is one. */
import type { ServerResponse } from 'node:http'

import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { z } from 'zod'

import { RegisteredManifest } from '#shared/remote-manifest.ts'

import { AdminClient, type DeploymentRequest } from '../scripts/mesh/admin-client.ts'
import languageManifest from '../workers/models/language-id/manifest.json' with { type: 'json' }
import { parseConfig } from '../workers/native/config.ts'
import { startNativeNode, type NativeNode } from '../workers/native/start-native-node.ts'
import { startFarNode, type FarNode } from './fixtures/far-node.ts'

const mesh = inject('mesh')
const admin = new AdminClient(mesh.url, mesh.adminKey)

const { id: THEIR_NAME, inputs, outputs, license } = languageManifest
/** The model as the owner of the registry describes it: of what is behind, its tensors are all that is known. */
const manifest = RegisteredManifest.parse({
  id: 'remote-language',
  version: '3',
  title: 'Language, elsewhere',
  description: 'Tells the language from letter frequencies, on a server of somebody else.',
  capability: 'text-classification/remote-language',
  license,
  source: { type: 'remote' },
  inputs,
  outputs,
})
const PATH = `/v2/models/${manifest.id}/infer`
const [
  {
    name: INPUT,
    shape: [, WIDTH = 0],
  },
] = inputs as [(typeof inputs)[number]] // as: it has one
const REQUEST = JSON.stringify({
  id: 'mine',
  inputs: [
    {
      name: INPUT,
      shape: [1, WIDTH],
      datatype: 'FP32',
      data: Array.from({ length: WIDTH }, () => 1 / WIDTH),
    },
  ],
})

let server: NativeNode
const farNodes: FarNode[] = []

beforeAll(async () => {
  server = await startNativeNode(parseConfig({ PORT: '0', MODELS: THEIR_NAME, NODE_ID: 'theirs' }))
  await admin.putModel(manifest, {})
})
afterEach(async () => {
  const { deployments } = await admin.deployments()
  for (const { id, modelId } of deployments)
    if (modelId === manifest.id) await admin.deleteDeployment(id)
  await Promise.all(farNodes.splice(0).map((node) => node.stop()))
})
afterAll(async () => {
  await admin.deleteModel(manifest.id)
  await server.stop()
})

async function deploy(overrides: Partial<DeploymentRequest> = {}): Promise<void> {
  await admin.putDeployment({
    model: manifest.id,
    version: manifest.version,
    node: 'theirs',
    placement: 'native',
    transport: 'oip',
    target: `${server.url}/v2/models/${THEIR_NAME}`,
    ...overrides,
  })
}

/** A server at the edge, so that it is asked before the one that works. */
async function deployFaulty(answer: (response: ServerResponse) => void): Promise<FarNode> {
  const node = await startFarNode(answer)
  farNodes.push(node)
  const target = `${node.url}/v2/models/x`
  await deploy({ node: 'faulty', placement: 'edge', target, verify: false })
  return node
}

function infer(headers: Record<string, string> = {}, path = PATH): Promise<Response> {
  return fetch(`${mesh.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${mesh.inferKey}`, ...headers },
    body: REQUEST,
  })
}

/** The text an OIP client shows of an error. */
async function errorOf(response: Response): Promise<string> {
  return z.object({ error: z.string() }).parse(await response.json()).error
}

describe("somebody else's server", () => {
  test('answers tensors through the router, with a key', async () => {
    await deploy()
    const response = await infer()
    expect(response.status).toBe(200)
    expect(response.headers.get('mesh-node')).toBe('theirs')
    expect(response.headers.get('mesh-model')).toBe('remote-language@3')
    expect(await response.json()).toMatchObject({
      model_name: THEIR_NAME,
      id: 'mine',
      outputs: [{ name: outputs[0]?.name, datatype: 'FP32' }],
    })
    const keyless = await fetch(`${mesh.url}${PATH}`, { method: 'POST', body: REQUEST })
    expect(keyless.status).toBe(401)
    expect((await infer({ authorization: `Bearer ${mesh.adminKey}` })).status).toBe(403)
  })

  test('is asked at the version that the target names', async () => {
    await deploy({ target: `${server.url}/v2/models/${THEIR_NAME}/versions/1` })
    expect((await infer({}, `/v2/models/${manifest.id}/versions/3/infer`)).status).toBe(200)
    expect((await infer({}, `/v2/models/${manifest.id}/versions/1/infer`)).status).toBe(404)
  })

  test('is not registered with a model that it has not, or that has other tensors', async () => {
    await expect(deploy({ target: `${server.url}/v2/models/nothing` })).rejects.toThrow(
      /409.*answered 404/,
    )
    const other = RegisteredManifest.parse({
      ...manifest,
      id: 'remote-other',
      inputs: [{ name: 'pixels', datatype: 'UINT8', shape: [-1] }],
    })
    await admin.putModel(other, {})
    await expect(deploy({ model: 'remote-other' })).rejects.toThrow(
      /409.*its inputs are 'frequencies' FP32; the manifest says 'pixels' UINT8/,
    )
    await admin.deleteModel('remote-other')
  })

  test('is refused at an address that is not public', async () => {
    for (const target of [
      'https://10.0.0.1/v2/models/x',
      'https://169.254.169.254/v2/models/x',
      'http://example.org/v2/models/x',
      `${server.url}/admin`,
    ]) {
      await expect(deploy({ target }), target).rejects.toThrow(/400/)
    }
  })

  test('complains of the input in its own words', async () => {
    await deploy()
    const response = await fetch(`${mesh.url}${PATH}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${mesh.inferKey}` },
      body: REQUEST.replace(INPUT, 'pixels'),
    })
    expect([400, 422]).toContain(response.status)
    expect(await errorOf(response)).toContain(`has no input 'pixels'`)
  })
})

describe('the router goes on to another server when one', () => {
  test.each<[string, (response: ServerResponse) => void, string]>([
    ['fails', (response) => response.writeHead(500).end('{"error":"broken"}'), 'bad_gateway'],
    ['is busy', (response) => response.writeHead(503).end(), 'unreachable'],
    ['hangs up', (response) => response.destroy(), 'unreachable|bad_gateway|internal'],
    [
      'has no such model',
      (response) =>
        response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"gone"}'),
      'bad_gateway',
    ],
    [
      'answers a web page',
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
      'bad_gateway',
    ],
    ['never answers', () => {}, 'deadline_exceeded'],
  ])('%s', async (_, answer, outcome) => {
    await deploy()
    const faulty = await deployFaulty(answer)
    const response = await infer({ 'mesh-deadline-ms': '2000' })
    expect(response.status).toBe(200)
    expect(response.headers.get('mesh-route')).toMatch(
      new RegExp(
        `^edge/faulty;remote-language@3;(${outcome});.*, native/theirs;remote-language@3;ok`,
      ),
    )
    const [call] = faulty.received
    expect(call?.headers).not.toHaveProperty('authorization')
    expect(call?.headers).not.toHaveProperty('mesh-signature')
  })
})

test('a deadline ends what no server answers', async () => {
  await deployFaulty(() => {})
  const started = performance.now()
  const response = await infer({ 'mesh-deadline-ms': '300' })
  expect(response.status).toBe(504)
  expect(await errorOf(response)).toContain('within 300 ms')
  expect(performance.now() - started).toBeLessThan(8_000)
})
