import { expect, test } from 'vitest'

import { encodeBase64 } from '#shared/base64.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { RemoteManifest } from '#shared/remote-manifest.ts'

import { deployment, modelEntry } from '../registry/registry-fixture.ts'
import type { Deployment, RegisteredModel } from '../registry/snapshot.ts'
import { verifyDeployment, type VerifyOptions } from './verify-deployment.ts'

const right = [{ label: 'good', score: 1 }]
const edge = deployment()
const native = deployment({ node: 'native', placement: 'native', target: 'NATIVE' })

type Answer = (request: Request, call: number) => Response | Promise<Response>

/** Nodes behind bindings, which answer as `answers` says by their binding's name. */
function bindings(answers: Record<string, Answer>): VerifyOptions['env'] {
  const nodes = Object.entries(answers).map(([name, answer]) => {
    let calls = 0
    const fetch = async (url: string, init: RequestInit) => answer(new Request(url, init), calls++)
    return [name, { fetch }]
  })
  // as: nothing here reads the registry
  return Object.fromEntries(nodes) as VerifyOptions['env']
}

function verify(
  answers: Record<string, Answer>,
  {
    of = edge,
    model = modelEntry(),
    ...options
  }: Partial<VerifyOptions> & { of?: Deployment; model?: RegisteredModel } = {},
) {
  return verifyDeployment(of, model, {
    env: bindings(answers),
    readFile: () => Promise.reject(new MeshError('not_found', 'a file is missing')),
    sibling: undefined,
    expiresAt: Date.now() + 10_000,
    ...options,
  })
}
const json = (body: unknown) => Response.json(body)
const value = (verdict: Awaited<ReturnType<typeof verify>>, metric: string) =>
  verdict.measured.find((own) => own.metric === metric)?.value

test('counts the examples that are answered right, and names the first that is not', async () => {
  // each example is asked twice; the second of the three is wrong
  const verdict = await verify({
    TONE: (_, call) => json(call < 2 || call > 3 ? right : [{ label: 'bad', score: 1 }]),
  })
  expect(verdict).toMatchObject({ state: 'failed', detail: expect.stringMatching(/^'two': /) })
  expect(value(verdict, 'accuracy')).toBeCloseTo(2 / 3)
})

test('an answer that differs at the second time is no failure, but is measured', async () => {
  const verdict = await verify({
    TONE: (_, call) => json([{ label: 'good', score: call === 3 ? 0.995 : 1 }]),
  })
  expect(verdict.state).toBe('passed')
  expect(value(verdict, 'determinism')).toBeCloseTo(2 / 3)
})

test('measures how far edge and native are apart', async () => {
  const apart = { TONE: () => json(right), NATIVE: () => json([{ label: 'good', score: 0.998 }]) }
  expect(value(await verify(apart, { sibling: native }), 'parity')).toBeCloseTo(0.002)
  expect(value(await verify(apart), 'parity')).toBeUndefined()
})

test('a sibling that hangs takes no time of the one that is verified', async () => {
  let asked = 0
  const hanging = () => (asked++, new Promise<Response>(() => {}))
  const verdict = await verify(
    { TONE: () => json(right), NATIVE: hanging },
    { sibling: native, expiresAt: Date.now() + 10_000 },
  )
  expect([verdict.state, value(verdict, 'parity'), asked]).toEqual(['passed', undefined, 1])
})

test('a wrong answer is found, were a right one to an example of the same name to follow', async () => {
  const { examples } = modelEntry().manifest
  const model = modelEntry({
    examples: examples.map((own) => Object.assign({}, own, { name: 'same' })),
  })
  const verdict = await verify(
    { TONE: (_, call) => json(call < 2 ? [{ label: 'bad', score: 1 }] : right) },
    { model },
  )
  expect(verdict.state).toBe('failed')
})

test.each<[string, Answer]>([
  ['fails', () => new Response('no', { status: 500 })],
  ['answers something else', () => json([{ label: 'odd', score: 1 }])],
  ['answers no JSON', () => new Response('[', { headers: { 'content-type': 'application/json' } })],
])('one that %s is no standard to compare another with', async (_, answer) => {
  const answers = { TONE: () => json(right), NATIVE: answer }
  const verdict = await verify(answers, { sibling: native })
  expect([verdict.state, value(verdict, 'parity')]).toEqual(['passed', undefined])
})

test.each<[string, Answer, string]>([
  [
    'breaks off',
    () => new Response(brokenStream(), { headers: { 'content-type': 'application/json' } }),
    'the node could not be reached',
  ],
  [
    'throws',
    () => Promise.reject(new Error('secret of a runtime')),
    'the node could not be reached',
  ],
  ['says it is stopping', () => new Response('', { status: 503 }), 'answered 503'],
])('comes to no verdict on a node that %s', async (_, answer, note) => {
  const verdict = await verify({
    TONE: (request, call) => (call < 2 ? json(right) : answer(request, call)),
  })
  expect(verdict).toMatchObject({ state: undefined, note: expect.stringContaining(note) })
  expect(verdict.measured).toEqual([])
})

test('tells no target, though it is refused by now', async () => {
  const moved = deployment({ transport: 'http', target: 'http://10.0.0.1' })
  const env = { ...bindings({}), SIGNING_KEY: '{}' }
  const verdict = await verify({}, { of: moved, env })
  expect(verdict).toMatchObject({ state: undefined, note: 'its target is refused' })
})

test('comes to no verdict when the time is over, and asks nobody after it', async () => {
  let calls = 0
  const never = () => {
    calls++
    return new Promise<Response>(() => {})
  }
  const verdict = await verify({ TONE: never }, { expiresAt: Date.now() + 50 })
  expect(verdict).toMatchObject({
    state: undefined,
    note: expect.stringContaining('no answer within'),
  })
  expect(await verify({ TONE: never }, { expiresAt: Date.now() - 1 })).toMatchObject({
    state: undefined,
    note: 'its examples take too long',
  })
  expect(calls).toBe(1)
})

test('comes to no verdict while a file of an example is missing', async () => {
  const file = { type: 'file' as const, path: 'a.png', sha256: 'a'.repeat(64) }
  const { examples } = modelEntry().manifest
  const model = modelEntry({
    accepts: ['image/png'],
    examples: [
      ...examples,
      { name: 'four', input: { file, mediaType: 'image/png' }, expected: right, tolerance: 0 },
    ],
  })
  expect(await verify({ TONE: () => json(right) }, { model })).toMatchObject({
    state: undefined,
    note: 'a file is missing',
  })
})

test('sends files as they are, and compares a file that is answered', async () => {
  const bytes = Uint8Array.of(1, 2, 3)
  const file = { type: 'file' as const, path: 'a.png', sha256: 'a'.repeat(64) }
  const example = (name: string, parameters?: Record<string, unknown>) => ({
    name,
    input: { file, mediaType: 'image/png' },
    ...(parameters ? { parameters } : {}),
    expected: { media: { file, mediaType: 'audio/wav' } },
    tolerance: 0,
  })
  const model = modelEntry({
    accepts: ['image/png'],
    produces: ['audio/wav'],
    examples: [example('one'), example('two', { top_k: 2 }), example('three')],
  })
  const echo: Answer = async (request) => {
    const isJson = request.headers.get('content-type') === 'application/json'
    if (isJson)
      expect(await request.json()).toEqual({
        inputs: encodeBase64(bytes),
        parameters: { top_k: 2 },
      })
    return new Response(isJson ? bytes : await request.arrayBuffer(), {
      headers: { 'content-type': 'audio/wav' },
    })
  }
  const readFile = () => Promise.resolve(bytes)
  expect(await verify({ TONE: echo }, { model, readFile })).toMatchObject({ state: 'passed' })
  const other: Answer = () =>
    new Response(Uint8Array.of(9), { headers: { 'content-type': 'audio/wav' } })
  expect(await verify({ TONE: other }, { model, readFile })).toMatchObject({
    state: 'failed',
    detail: "'one': $ is not the audio/wav expected",
  })
})

test('asks for no more examples than a trigger has time for', async () => {
  const { examples } = modelEntry().manifest
  const many = Array.from({ length: 40 }, (_, i) => ({ ...examples[0], name: `n${i}` }))
  // as: each is a copy of an example
  const model = modelEntry({ examples: many as typeof examples })
  let calls = 0
  await verify({ TONE: () => (calls++, json(right)) }, { model })
  expect(calls).toBe(64)
})

test('cannot tell of a model of tensors without examples in tensors', async () => {
  const there = deployment({ transport: 'oip' })
  expect(await verify({}, { of: there })).toMatchObject({
    state: 'unverifiable',
    detail: expect.stringContaining('takes tensors only'),
  })
  const model = { manifest: remote([]), artefacts: {}, createdAt: 0 }
  expect(await verify({}, { of: there, model })).toMatchObject({
    state: 'unverifiable',
    detail: 'its card has no examples',
  })
})

test('runs examples in tensors, and finds them in whatever else a server answers', async () => {
  const tensors = (name: string, data: number[]) => [
    { name, datatype: 'FP32', shape: [1, 2], data },
  ]
  const model = {
    manifest: remote([
      { name: 'one', inputs: tensors('x', [1, 2]), outputs: tensors('y', [2, 4]), tolerance: 0.1 },
    ]),
    artefacts: {},
    createdAt: 0,
  }
  const doubled: Answer = async (request) => {
    expect(await request.json()).toEqual({ inputs: tensors('x', [1, 2]) })
    return json({
      outputs: [...tensors('z', [0, 0]), { ...tensors('y', [])[0], data: [[2.05, 4]] }],
    })
  }
  expect(await verify({ TONE: doubled }, { model })).toMatchObject({ state: 'passed' })
  const other: Answer = () => json({ outputs: tensors('y', [2, 5]) })
  expect(await verify({ TONE: other }, { model })).toMatchObject({
    state: 'failed',
    detail: "'one': $.y.data[1] is 5, expected 4 ± 0.1",
  })
  expect(await verify({ TONE: () => json({ outputs: 'none' }) }, { model })).toMatchObject({
    state: 'failed',
    detail: expect.stringContaining('no outputs of the Open Inference Protocol'),
  })
})

function remote(examples: unknown[]): RemoteManifest {
  return RemoteManifest.parse({
    id: 'tone',
    version: '1',
    title: 'Theirs',
    description: 'Doubles numbers.',
    capability: 'x/doubler',
    license: { spdx: 'MIT', attribution: 'somebody' },
    source: { type: 'remote' },
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 2] }],
    examples,
  })
}

function brokenStream(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.error(new Error('socket hang up'))
    },
  })
}
