/** MLServer, a third-party server of the Open Inference Protocol in Python, behind the router. */
import { gzipSync } from 'node:zlib'

import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'

import { RegisteredManifest } from '#shared/remote-manifest.ts'

import { pythonVenv } from '../../scripts/clients/python-venv.ts'
import { formatReport } from '../../scripts/conformance/format-report.ts'
import { readInferAnswer } from '../../scripts/conformance/infer-answer.ts'
import { runConformance } from '../../scripts/conformance/run-conformance.ts'
import { AdminClient } from '../../scripts/mesh/admin-client.ts'
import { startFarNode } from '../fixtures/far-node.ts'
import settings from './mlserver/doubler/model-settings.json' with { type: 'json' }
import { startMlServer, type MlServer } from './mlserver/start-mlserver.ts'

const mesh = inject('mesh')
const admin = new AdminClient(mesh.url, mesh.adminKey)
const venv = await pythonVenv('requirements-mlserver.txt')
if ('reason' in venv) console.log(`MLServer is not tested: ${venv.reason}`)

const manifest = RegisteredManifest.parse({
  id: 'remote-doubler',
  version: '1',
  title: 'Doubler',
  description: 'Doubles numbers, on an MLServer.',
  capability: 'tabular-regression/double',
  license: { spdx: 'Apache-2.0', attribution: 'Made by this repository for its tests' },
  source: { type: 'remote' },
  inputs: settings.inputs,
  outputs: settings.outputs,
})
const PATH = `/v2/models/${manifest.id}/infer`
const NUMBERS = { name: 'x', shape: [1, 2], datatype: 'FP32', data: [1.5, -2] }
const REQUEST = JSON.stringify({ id: 'm-1', inputs: [NUMBERS] })

describe.skipIf('reason' in venv)('MLServer behind the router', () => {
  let server: MlServer

  beforeAll(async () => {
    if ('reason' in venv) return
    server = await startMlServer(venv)
    await admin.putModel(manifest, {})
    await deploy()
  })
  afterAll(async () => {
    await admin.deleteModel(manifest.id)
    await server.stop()
  })

  const deploy = (overrides = {}) =>
    admin.putDeployment({
      model: manifest.id,
      version: manifest.version,
      node: 'mlserver',
      placement: 'native',
      transport: 'oip',
      target: `${server.url}/v2/models/doubler`,
      ...overrides,
    })

  async function infer(
    body: string | Uint8Array<ArrayBuffer> = REQUEST,
    headers: Record<string, string> = {},
    url = `${mesh.url}${PATH}`,
  ) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${mesh.inferKey}`, ...headers },
      body,
    })
    const bytes = new Uint8Array(await response.arrayBuffer())
    return { status: response.status, headers: response.headers, bytes }
  }

  test('computes what is asked, and the answer tells who did', async () => {
    const reply = await infer()
    const { id, outputs } = readInferAnswer(reply)
    expect(id).toBe('m-1')
    expect(outputs).toEqual([
      expect.objectContaining({ name: 'y', datatype: 'FP32', values: [3, -4] }),
    ])
    expect(reply.headers.get('mesh-node')).toBe('mlserver')
    expect(reply.headers.get('mesh-route')).toMatch(/^native\/mlserver;remote-doubler@1;ok;/)
  })

  test('takes texts, and a compressed body', async () => {
    const text = { name: 'text', shape: [2], datatype: 'BYTES', data: ['Grüße', '世界'] }
    const body = new Uint8Array(gzipSync(JSON.stringify({ inputs: [text] })))
    const { outputs } = readInferAnswer(await infer(body, { 'content-encoding': 'gzip' }))
    expect(outputs[0]?.values).toEqual(['Grüße', '世界'])
  })

  test('takes through the router what it refuses itself: a body that is not called JSON', async () => {
    const headers = { 'content-type': 'text/plain' }
    const straight = await infer(REQUEST, headers, `${server.url}/v2/models/doubler/infer`)
    expect(straight.status).toBe(422)
    expect((await infer(REQUEST, headers)).status).toBe(200)
  })

  test('complains through the router as clients of the protocol read it, which it does not itself', async () => {
    const reply = await infer('{"inputs":7}')
    expect(reply.status).toBe(422)
    expect(reply.headers.get('content-type')).toBe('application/json')
    expect(JSON.parse(new TextDecoder().decode(reply.bytes))).toMatchObject({
      error: expect.stringContaining('inputs') as string, // as: what it matches is a string
    })
  })

  test('is not reached without a key', async () => {
    expect((await infer(REQUEST, { authorization: 'Bearer nobody-nobody-nobody' })).status).toBe(
      401,
    )
  })

  test('is registered only with the tensors it says it has', async () => {
    const other = RegisteredManifest.parse({
      ...manifest,
      id: 'remote-tripler',
      outputs: [{ name: 'y', datatype: 'FP64', shape: [-1, 2] }],
    })
    await admin.putModel(other, {})
    await expect(deploy({ model: other.id })).rejects.toThrow(/409.*'y' FP32.*says 'y' FP64/)
    await admin.deleteModel(other.id)
  })

  test('takes over from a server that hangs, within the deadline', async () => {
    const hanging = await startFarNode(() => {})
    const target = `${hanging.url}/v2/models/x`
    try {
      await deploy({ node: 'hanging', placement: 'edge', target, verify: false })
      const reply = await infer(REQUEST, { 'mesh-deadline-ms': '2000' })
      expect(readInferAnswer(reply).outputs[0]?.values).toEqual([3, -4])
      expect(reply.headers.get('mesh-route')).toMatch(
        /^edge\/hanging;.*;deadline_exceeded;.*, native\/mlserver;.*;ok;/,
      )
    } finally {
      await admin.deleteDeployment('remote-doubler@1/hanging')
      await hanging.stop()
    }
  })

  test('is checked by the conformance kit: its failures are its own, and are printed', async () => {
    const report = await runConformance({ url: server.url })
    console.log(`MLServer ${settings.name}, straight:\n${formatReport(report)}`)
    const passed = report.results.filter(({ outcome }) => outcome === 'passed')
    expect(passed.map(({ title }) => title)).toContain('answers tensors of the model')
  })
})
