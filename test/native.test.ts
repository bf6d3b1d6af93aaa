import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, inject, test } from 'vitest'

import { runNativeNode } from '../scripts/mesh/run-native-node.ts'
import { MODELS_DIR } from '../scripts/paths.ts'
import { parseConfig } from '../workers/native/config.ts'
import { startNativeNode } from '../workers/native/start-native-node.ts'
import { expectProblem } from './model-contract.ts'
import { nodeClient } from './node-client.ts'
import { expectOipError } from './tensor-contract.ts'

const mesh = inject('mesh')
const TEXT = 'Ceci est une phrase écrite en français.'
const PLAIN = { 'content-type': 'text/plain' }

test('answers only calls signed for it, for that method, path and body', async () => {
  const unsigned = nodeClient('native', mesh.nativeUrl)
  await expectProblem(unsigned.post('/models/language-id', TEXT, PLAIN), 401, 'unauthenticated')
  const forAnother = nodeClient('mesh-other', mesh.nativeUrl, mesh.signingKey)
  await expectProblem(forAnother.post('/models/language-id', TEXT, PLAIN), 401, 'unauthenticated')
  for (const path of ['/v2/models/language-id/infer', '/v2/repository/index']) {
    await expectOipError(unsigned.post(path, '{}'), 401, 'unauthenticated')
  }
  for (const path of ['/v2/models', '/v2/models/language-id', '/v2/models/stats']) {
    await expectOipError(unsigned.get(path), 401, 'unauthenticated')
  }
  for (const path of ['/v2', '/v2/health/live', '/v2/health/ready']) {
    expect((await unsigned.get(path)).status).toBe(200)
  }
  const native = nodeClient('native', mesh.nativeUrl, mesh.signingKey)
  expect((await native.post('/models/language-id', TEXT, PLAIN)).status).toBe(200)
})

test('shows its metrics for Prometheus', async () => {
  const native = nodeClient('native', mesh.nativeUrl, mesh.signingKey)
  await native.post('/models/language-id', TEXT, PLAIN)
  const text = await (await native.get('/metrics')).text()
  expect(text).toMatch(/mesh_node_requests_total\{model="language-id",status="200"\} \d+/)
  expect(text).toMatch(/mesh_node_request_seconds_bucket\{le="0.01",model="language-id"\}/)
  expect(text).toContain('mesh_node_waiting 0')
})

test('answers 429 with retry-after when its queue is full, and all others', async () => {
  const node = await startNativeNode(
    parseConfig({ PORT: '0', MODELS: 'language-id', CONCURRENCY: '1', QUEUE: '2' }),
  )
  try {
    const client = nodeClient('native', node.url)
    const responses = await Promise.all(
      Array.from({ length: 40 }, () => client.post('/models/language-id', TEXT, PLAIN)),
    )
    const statuses = responses.map(({ status }) => status)
    expect(new Set(statuses)).toEqual(new Set([200, 429]))
    const refused = responses.find(({ status }) => status === 429)
    expect(refused?.headers.get('retry-after')).toBe('1')
  } finally {
    await node.stop()
  }
})

test('finishes what it took, waiting ones too, and refuses new work when it is told to stop', async () => {
  const node = await runNativeNode({ MODELS: 'document-ocr', CONCURRENCY: '1' })
  const client = nodeClient('native', node.url)
  const page = await readFile(join(MODELS_DIR, 'document-ocr', 'examples', 'letter.png'))
  const send = () => client.post('/models/document-ocr', page, { 'content-type': 'image/png' })
  await send()
  const taken = [send(), send(), send()]
  // a page takes some 200 ms: one runs and two wait by now
  await once(AbortSignal.timeout(100), 'abort')
  const stopped = node.stop()
  const ready = () =>
    client.get('/v2/health/ready').then(
      ({ status }) => status,
      () => 'refused',
    )
  await expect.poll(ready, { timeout: 5_000 }).not.toBe(200)
  const late = await send().then(
    ({ status }) => status,
    () => 'refused',
  )
  expect([503, 'refused']).toContain(late)
  expect((await Promise.all(taken)).map(({ status }) => status)).toEqual([200, 200, 200])
  await stopped
  await expect(send()).rejects.toThrow()
})

test('does not start on an address others reach without knowing its router', () => {
  expect(() => parseConfig({ HOST: '0.0.0.0' })).toThrow(/ROUTER_PUBLIC_KEY/)
  expect(() => parseConfig({ PORT: 'many' })).toThrow(/PORT/)
})

test('does not start with a model it does not have', async () => {
  await expect(runNativeNode({ MODELS: 'no-such-model' })).rejects.toThrow(
    /there is no model no-such-model/,
  )
})
