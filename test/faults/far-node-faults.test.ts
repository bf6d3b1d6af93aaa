/** A node at the edge fails while requests stream in; one further away is well. No request may be lost. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'

import { MeshError } from '#shared/mesh-error.ts'
import { PROBLEM_MEDIA_TYPE, toProblem } from '#shared/problem.ts'
import { SIGNATURE_HEADER } from '#shared/protocol.ts'
import { ReplayWindow } from '#shared/replay-window.ts'
import { verifySignature } from '#shared/signed-request.ts'

import { startTestRouter, type TestRouter } from '../../workers/router/start-test-router.ts'
import { recoveryOf } from './recovery.ts'
import { startStream, type Send, type Stream } from './steady-stream.ts'

const EVERY_MS = 40
/** Enough answers for the router to know how long one takes. */
const WARM_UP_MS = 1_200
/** Answers in a row of the other node after which the one that fails counts as avoided. */
const AVOIDED = 10
const AVOIDED_WITHIN_MS = 10_000
const OUTAGE_MS = 1_500
/** A breaker is open for 5 s. */
const COMES_BACK_MS = 12_000

type Behaviour = (request: IncomingMessage, body: Buffer, response: ServerResponse) => unknown

interface SwitchedNode {
  name: string
  behave(as: Behaviour): void
  stop(): Promise<void>
}

let router: TestRouter
let nodes: SwitchedNode[] = []
let count = 0
let calls = 0

beforeAll(async () => {
  router = await startTestRouter()
  await router.admin('DELETE', '/deployments/tone@1/far?now=true')
})
afterAll(() => router.stop())
beforeEach(async () => {
  count++
  nodes = [await deploy(`edge-${count}`, 'edge'), await deploy(`native-${count}`, 'native')]
})
afterEach(async () => {
  vi.useRealTimers()
  for (const { name, stop } of nodes) {
    await router.admin('DELETE', `/deployments/tone@1/${name}?now=true`)
    await stop()
  }
})

/** A node that answers well after 2 ms until it is told otherwise. */
async function deploy(name: string, placement: 'edge' | 'native'): Promise<SwitchedNode> {
  let behaviour = well
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => behaviour(request, Buffer.concat(chunks), response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // as: it listens on a port
  const target = `http://127.0.0.1:${port}`
  const placed = await router.admin(
    'POST',
    '/deployments',
    router.place({ node: name, placement, target }),
  )
  expect(placed.status).toBeLessThan(300)
  return {
    name,
    behave(as) {
      behaviour = as
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function answer(response: ServerResponse): void {
  response
    .writeHead(200, { 'content-type': 'application/json' })
    .end('[{"label":"good","score":1}]')
}
const well: Behaviour = (_request, _body, response) => setTimeout(() => answer(response), 2)

const seen = new ReplayWindow()
/** Refuses what isn't signed for it, at this moment of its own clock. */
const strict: Behaviour = async ({ headers, url = '' }, body, response) => {
  const node = edgeNode().name
  try {
    await verifySignature(
      {
        signature: String(headers[SIGNATURE_HEADER]),
        method: 'POST',
        path: url,
        readBody: async () => body,
      },
      { publicKey: router.publicKey, audience: node, seen },
    )
    answer(response)
  } catch (err) {
    refuse(response, err instanceof MeshError ? err : new MeshError('internal', String(err)))
  }
}

function refuse(response: ServerResponse, err: MeshError): void {
  const problem = toProblem(err)
  response
    .writeHead(problem.status, { 'content-type': PROBLEM_MEDIA_TYPE })
    .end(JSON.stringify(problem))
}

function edgeNode(): SwitchedNode {
  const [edge] = nodes
  if (!edge) throw new Error('each test has two nodes')
  return edge
}

const send: Send = () => router.infer({ 'mesh-deadline-ms': '3000', 'cache-control': 'no-store' })
/** Until the router knows how long an answer takes, and asks the edge first. */
async function warmUp({ name }: SwitchedNode, { outcomes }: Stream): Promise<void> {
  await sleep(WARM_UP_MS)
  await expect.poll(() => outcomes.at(-1)?.node, { timeout: COMES_BACK_MS }).toBe(name)
}

/** Until requests no longer go to it first. */
function untilAvoided({ name }: SwitchedNode, { outcomes }: Stream): Promise<void> {
  const avoided = () => {
    const last = outcomes.slice(-AVOIDED)
    return last.every(({ node, failed }) => node !== name && !failed.includes(name))
  }
  return expect.poll(avoided, { timeout: AVOIDED_WITHIN_MS }).toBe(true)
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const faults: Record<string, Behaviour> = {
  hangs: () => {},
  'takes the call and hangs up': (_request, _body, response) => response.destroy(),
  'answers what is no answer': (_request, _body, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>It works!</h1>'),
  'breaks off in the middle of its answer': (_request, _body, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '400' })
    response.write('[{"label":')
    setTimeout(() => response.destroy(), 5)
  },
  'answers a second late': (_request, _body, response) => setTimeout(() => answer(response), 1_000),
  'traps in its runtime': (_request, _body, response) =>
    refuse(response, new MeshError('runtime_trap', 'unreachable')),
  'fails every other call': (request, body, response) =>
    calls++ % 2 === 0 ? response.writeHead(502).end() : well(request, body, response),
}

for (const [fault, behaviour] of Object.entries(faults)) {
  test(`a node that ${fault}`, async ({ task }) => {
    const edge = edgeNode()
    const stream = startStream(send, EVERY_MS)
    await warmUp(edge, stream)
    const beganAt = performance.now()
    edge.behave(behaviour)
    await untilAvoided(edge, stream)
    await stream.stop()
    const recovery = recoveryOf(stream.outcomes, { node: edge.name, beganAt })
    task.meta.recovery = recovery
    expect(stream.outcomes.filter(({ status }) => status !== 200)).toEqual([])
    expect(stream.outcomes[0]?.node).toBe(edge.name)
    expect(recovery.avoidedAfterMs).toBeGreaterThan(0)
  })
}

test('a node that answers 503 and then is fine', async ({ task }) => {
  const edge = edgeNode()
  const stream = startStream(send, EVERY_MS)
  await warmUp(edge, stream)
  const beganAt = performance.now()
  edge.behave((_request, _body, response) => response.writeHead(503).end())
  await sleep(OUTAGE_MS)
  edge.behave(well)
  const healedAt = performance.now()
  const isBack = () => stream.outcomes.at(-1)?.node === edge.name
  await expect.poll(isBack, { timeout: COMES_BACK_MS }).toBe(true)
  await stream.stop()
  task.meta.recovery = recoveryOf(stream.outcomes, {
    node: edge.name,
    beganAt,
    countedUntil: healedAt,
    healedAt,
  })
  expect(stream.outcomes.filter(({ status }) => status !== 200)).toEqual([])
})

test.for([-600, 600])(
  "a node whose clock is %i s away from the router's",
  async (seconds, { task }) => {
    const edge = edgeNode()
    edge.behave(strict)
    const stream = startStream(send, EVERY_MS)
    await warmUp(edge, stream)
    const beganAt = performance.now()
    // the nodes are of this process, the router isn't
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1_000 })
    await untilAvoided(edge, stream)
    await stream.stop()
    task.meta.recovery = recoveryOf(stream.outcomes, { node: edge.name, beganAt })
    expect(stream.outcomes.filter(({ status }) => status !== 200)).toEqual([])
    expect(stream.outcomes[0]?.node).toBe(edge.name)
  },
)

test("a node whose clock is 20 s away from the router's is no fault", async () => {
  const edge = edgeNode()
  edge.behave(strict)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 20_000 })
  expect((await router.infer()).headers.get('mesh-node')).toBe(edge.name)
  vi.setSystemTime(Date.now() - 40_000)
  expect((await router.infer()).headers.get('mesh-node')).toBe(edge.name)
})

test('every node hanging is a typed error when the deadline is over, not later', async () => {
  for (const { behave } of nodes) behave(() => {})
  const started = performance.now()
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => router.infer({ 'mesh-deadline-ms': '500' })),
  )
  expect(new Set(answers.map(({ body }) => body.code))).toEqual(new Set(['deadline_exceeded']))
  expect(performance.now() - started).toBeLessThan(2_000)
})
