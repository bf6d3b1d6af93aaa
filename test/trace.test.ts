import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { MODELS_DIR } from '../scripts/paths.ts'
import { parseConfig } from '../workers/native/config.ts'
import { startNativeNode, type NativeNode } from '../workers/native/start-native-node.ts'
import { startTestRouter, type TestRouter } from '../workers/router/start-test-router.ts'
import { attributeOf, startOtlpReceiver, type OtlpReceiver } from './otlp-receiver.ts'

const CALLER = '00f067aa0ba902b7'

let receiver: OtlpReceiver
let router: TestRouter
let node: NativeNode

beforeAll(async () => {
  receiver = await startOtlpReceiver()
  router = await startTestRouter({ OTLP_ENDPOINT: receiver.url })
  const env = { PORT: '0', MODELS: 'language-id', NODE_ID: 'own', OTLP_ENDPOINT: receiver.url }
  const config = parseConfig({ ...env, ROUTER_PUBLIC_KEY: router.publicKey })
  // the address is known once it listens
  node = await startNativeNode(config)
  const path = join(MODELS_DIR, 'language-id', 'manifest.json')
  const manifest: unknown = JSON.parse(await readFile(path, 'utf8'))
  const added = await router.admin('POST', '/models', { manifest })
  expect(added.status).toBe(201)
  const { version } = manifest as { version: string } // as: the folder's manifest, which was just taken
  const target = node.url.replace(/\/$/, '')
  const placed = await router.admin(
    'POST',
    '/deployments',
    router.place({ model: 'language-id', version, node: 'own', target }),
  )
  expect(placed.status).toBe(201)
}, 60_000)
afterAll(async () => {
  await router.stop()
  await node.stop()
  receiver.stop()
})

const infer = (traceId: string, body: string) =>
  router.send('/infer/text-classification/language', {
    method: 'POST',
    key: router.inferKey,
    headers: { 'content-type': 'text/plain', traceparent: `00-${traceId}-${CALLER}-01` },
    body,
  })

test('a request is one tree: router, attempt, node, and the phases of its work', async () => {
  const traceId = 'e'.repeat(32)
  const answer = await infer(traceId, 'Ceci est une phrase.')
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  const spans = await receiver.spansOf(traceId, 7)
  const nameOf = (id: string | undefined) =>
    spans.find(({ spanId }) => spanId === id)?.name ?? 'the caller'
  const tree = spans.map(({ name, parentSpanId }) => `${nameOf(parentSpanId)} > ${name}`)
  const model = answer.headers.get('mesh-model')
  expect(tree.toSorted()).toEqual(
    [
      'the caller > POST /infer/:task/:domain',
      `POST /infer/:task/:domain > first ${model}`,
      `first ${model} > infer language-id`,
      ...['queue', 'encode', 'run', 'decode'].map((phase) => `infer language-id > ${phase}`),
    ].toSorted(),
  )
  const run = spans.find(({ name }) => name === 'run')
  expect(run && attributeOf(run, 'mesh.runs')).toBe('1')
  const phases = ['queue', 'encode', 'run', 'decode'].flatMap((phase) => {
    const span = spans.find(({ name }) => name === phase)
    return span ? [BigInt(span.startTimeUnixNano), BigInt(span.endTimeUnixNano)] : []
  })
  expect(phases).toEqual(phases.toSorted((a, b) => Number(a - b)))
})

test('a node makes no spans of a call that is not from the router', async () => {
  const traceId = 'f'.repeat(32)
  const refused = await fetch(`${node.url}/models/language-id`, {
    method: 'POST',
    headers: { traceparent: `00-${traceId}-${CALLER}-01` },
    body: 'x',
  })
  expect(refused.status).toBe(401)
  const known = 'a'.repeat(32)
  await infer(known, 'Und noch ein Satz.')
  await receiver.spansOf(known, 7)
  expect(receiver.spans.filter((span) => span.traceId === traceId)).toEqual([])
})

test.each([
  ['an endpoint that is no URL', { OTLP_ENDPOINT: 'collector' }],
  ['an endpoint of another protocol', { OTLP_ENDPOINT: 'file:///tmp/spans' }],
])('a node refuses %s', (_, env) => {
  expect(() => parseConfig(env)).toThrow(/OTLP_ENDPOINT/)
})
