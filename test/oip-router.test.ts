/** Open Inference Protocol v2 through the router, by real nodes: over a binding, over signed HTTPS, at the edge and natively. */
import { deflateSync, gzipSync } from 'node:zlib'

import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { z } from 'zod'

import { readInferAnswer } from '../scripts/conformance/infer-answer.ts'
import {
  binaryInput,
  changeInput,
  encodeInfer,
  sampleOutputs,
  type InferBody,
} from '../scripts/conformance/infer-body.ts'
import type { Reply } from '../scripts/conformance/oip-client.ts'
import { AdminClient } from '../scripts/mesh/admin-client.ts'
import languageManifest from '../workers/models/language-id/manifest.json' with { type: 'json' }
import {
  echoFolders,
  startEchoNodes,
  type EchoNodes,
} from './fixtures/echo-model/start-echo-nodes.ts'
import { startFarNode } from './fixtures/far-node.ts'

const mesh = inject('mesh')
const admin = new AdminClient(mesh.url, mesh.adminKey)
const ECHO = 'echo-model'
const folder = echoFolders.find(({ id }) => id === ECHO)
if (!folder) throw new Error(`the fixture has no ${ECHO}`)
const { manifest } = folder
const LANGUAGE_PATH = `/v2/models/${languageManifest.id}/infer`
const [frequencies] = languageManifest.inputs
if (!frequencies) throw new Error('the language model has an input')

let echo: EchoNodes

beforeAll(async () => {
  echo = await startEchoNodes(mesh.publicKey)
  await admin.putModel(manifest, {})
  const place = { model: ECHO, version: manifest.version, transport: 'http' } as const
  const target = echo.workerUrls[ECHO] ?? ''
  await admin.putDeployment({ ...place, node: `mesh-${ECHO}`, placement: 'edge', target })
  await admin.putDeployment({
    ...place,
    node: 'native',
    placement: 'native',
    target: echo.nativeUrl,
  })
})
afterAll(async () => {
  await admin.deleteModel(ECHO)
  await echo.stop()
})

async function post(
  path: string,
  body: Uint8Array<ArrayBuffer> | string,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const response = await fetch(`${mesh.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${mesh.inferKey}`, ...headers },
    body,
  })
  const bytes = new Uint8Array(await response.arrayBuffer())
  return { status: response.status, headers: response.headers, bytes }
}

function infer(
  body: InferBody,
  headers: Record<string, string> = {},
  path = `/v2/models/${ECHO}/infer`,
) {
  const encoded = encodeInfer(body)
  return post(path, encoded.body, { ...encoded.headers, ...headers })
}

const binaryAll: InferBody = {
  inputs: manifest.inputs.map(binaryInput),
  parameters: { binary_data_output: true },
}
const placements = [
  ['the edge', 'edge', `mesh-${ECHO}`],
  ['a native node', 'native', 'native'],
] as const

describe.each(placements)('through the router to %s', (_, placement, node) => {
  test('binary tensors of every datatype come back bit for bit', async () => {
    const reply = await infer(binaryAll, { 'mesh-placement': placement })
    const { outputs } = readInferAnswer(reply)
    expect(reply.headers.get('mesh-node')).toBe(node)
    expect(outputs.map(({ datatype }) => datatype)).toEqual(
      manifest.outputs.map(({ datatype }) => datatype),
    )
    const jsonBytes = Number(reply.headers.get('inference-header-content-length'))
    const sent = Buffer.concat(binaryAll.inputs.map(({ bytes = new Uint8Array(0) }) => bytes))
    expect(Buffer.compare(sent, reply.bytes.subarray(jsonBytes))).toBe(0)
  })

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ])('a body in %s is unpacked where it is read', async (encoding, compress) => {
    const { body, headers } = encodeInfer(binaryAll)
    const reply = await post(`/v2/models/${ECHO}/infer`, new Uint8Array(compress(body)), {
      ...headers,
      'content-encoding': encoding,
      'mesh-placement': placement,
    })
    expect(readInferAnswer(reply).outputs).toHaveLength(manifest.outputs.length)
  })

  test('integers of 64 bits in JSON keep every digit', async () => {
    const inputs = changeInput(binaryAll.inputs, 'int64', {
      bytes: undefined,
      data: [-9007199254740993n],
    })
    const reply = await infer(
      { inputs, outputs: sampleOutputs(manifest) },
      { 'mesh-placement': placement },
    )
    expect(new TextDecoder().decode(reply.bytes)).toContain('[-9007199254740993]')
  })

  test('a complaint of the input comes back in the words of the node, and nobody else is asked', async () => {
    const inputs = changeInput(binaryAll.inputs, 'fp32', { datatype: 'FP64' })
    const reply = await infer({ ...binaryAll, inputs }, { 'mesh-placement': placement })
    expect(reply.status).toBe(422)
    expect(reply.headers.get('content-type')).toBe('application/json')
    expect(JSON.parse(new TextDecoder().decode(reply.bytes))).toMatchObject({
      error: expect.stringContaining('fp32') as string, // as: what it matches is a string
      code: 'invalid_input',
    })
    expect(reply.headers.get('mesh-route')).not.toContain(',')
  })
})

describe('over a service binding', () => {
  const body: InferBody = { inputs: [binaryInput(frequencies)], id: 'b-1' }

  test.each([
    ['as it is', undefined, (bytes: Uint8Array) => bytes],
    ['in gzip', 'gzip', gzipSync],
    ['in deflate', 'deflate', deflateSync],
  ])('a body %s arrives as it was sent', async (_, encoding, pack) => {
    const encoded = encodeInfer(body)
    const reply = await post(LANGUAGE_PATH, new Uint8Array(pack(encoded.body)), {
      ...encoded.headers,
      ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
      'mesh-placement': 'edge',
    })
    expect(readInferAnswer(reply).id).toBe('b-1')
    expect(reply.headers.get('mesh-node')).toBe(`mesh-${languageManifest.id}`)
  })

  test('a text is taken by a model that says so in its metadata', async () => {
    const metadata = await fetch(`${mesh.url}/v2/models/${languageManifest.id}`, {
      headers: { authorization: `Bearer ${mesh.inferKey}` },
    })
    expect(await metadata.json()).toMatchObject({
      platform: 'onnx_onnxv1',
      parameters: { text_input: languageManifest.textTensor },
    })
    const text = {
      name: languageManifest.textTensor,
      datatype: 'BYTES',
      shape: [1],
      data: ['Ceci est une phrase écrite en français.'],
    }
    const { outputs } = readInferAnswer(await infer({ inputs: [text] }, {}, LANGUAGE_PATH))
    expect(JSON.stringify(outputs)).toContain('fra')
  })
})

test('a deadline in the body is that of all attempts, which share it', async () => {
  const silent = await startFarNode(() => {})
  const edge = { model: ECHO, version: manifest.version, transport: 'http' } as const
  const placed = { ...edge, node: `mesh-${ECHO}`, placement: 'edge' } as const
  try {
    await admin.putDeployment({ ...placed, target: silent.url, state: 'ready' })
    const started = performance.now()
    const parameters = { ...binaryAll.parameters, timeout: 2_000_000 }
    const reply = await infer({ ...binaryAll, parameters })
    expect(performance.now() - started).toBeLessThan(3_000)
    expect(reply.headers.get('mesh-route')).toMatch(
      /^edge\/mesh-echo-model;echo-model@1;deadline_exceeded;.*, native\/native;echo-model@1;ok/,
    )
  } finally {
    await admin.putDeployment({ ...placed, target: echo.workerUrls[ECHO] ?? '' })
    await silent.stop()
  }
})

test('what fails at the edge is sent again, whole, to the native node', async () => {
  const faulty = await startFarNode((response) => response.writeHead(500).end())
  const edge = { model: ECHO, version: manifest.version, transport: 'http' } as const
  const placed = { ...edge, node: `mesh-${ECHO}`, placement: 'edge' } as const
  try {
    await admin.putDeployment({ ...placed, target: faulty.url, state: 'ready' })
    const reply = await infer(binaryAll)
    expect(readInferAnswer(reply).outputs).toHaveLength(manifest.outputs.length)
    expect(reply.headers.get('mesh-route')).toMatch(
      /^edge\/mesh-echo-model;echo-model@1;bad_gateway;.*, native\/native;echo-model@1;ok/,
    )
  } finally {
    await admin.putDeployment({ ...placed, target: echo.workerUrls[ECHO] ?? '' })
    await faulty.stop()
  }
})

test('the index has every model of the mesh, and statistics count what the router called', async () => {
  const index = await post('/v2/repository/index', '{}')
  expect(JSON.parse(new TextDecoder().decode(index.bytes))).toEqual(
    expect.arrayContaining(
      [ECHO, languageManifest.id].map((name) => ({
        name,
        version: '1',
        state: 'READY',
        reason: '',
      })),
    ),
  )
  await infer(binaryAll)
  const stats = await fetch(`${mesh.url}/v2/models/${ECHO}/versions/1/stats`, {
    headers: { authorization: `Bearer ${mesh.inferKey}` },
  })
  const { model_stats: counted } = ModelStats.parse(await stats.json())
  expect(counted).toEqual([{ name: ECHO, inference_count: expect.any(Number) as number }]) // as: it matches one
  expect(counted[0]?.inference_count).toBeGreaterThan(0)
})

const ModelStats = z.object({
  model_stats: z.array(z.object({ name: z.string(), inference_count: z.number() })),
})
