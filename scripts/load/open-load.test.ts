import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterEach, expect, test } from 'vitest'

import { AnswerCheck } from './answer-check.ts'
import type { LoadRequest } from './load-mix.ts'
import { runOpenLoad } from './open-load.ts'

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stops.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo // as: it listens on a port
  return `http://127.0.0.1:${port}`
}

const request: LoadRequest = {
  capability: 'text-classification/tone',
  path: '/infer/text-classification/tone',
  headers: {},
  body: Buffer.from('hello'),
  check: new AnswerCheck({ expected: 1, tolerance: 0 }),
}
const load = (url: string, rate: number, seconds: number) =>
  runOpenLoad(url, [request], { rate, seconds, onProgress: () => {} })

test('sends what is due whatever becomes of it, and counts each', async () => {
  let received = 0
  const url = await serve((_, response) => {
    received++
    response.end('1')
  })
  expect(await load(url, 200, 0.5)).toMatchObject({ sent: 100, right: 100, lost: 0 })
  expect(received).toBe(100)
})

test('charges a server that stands still for everybody who would have asked meanwhile', async () => {
  const held: (() => void)[] = []
  let isStanding = true
  const url = await serve((_, response) => {
    if (isStanding) held.push(() => response.end('1'))
    else response.end('1')
  })
  const loaded = load(url, 100, 1)
  await new Promise((resolve) => setTimeout(resolve, 500))
  isStanding = false
  for (const answer of held) answer()
  const { sent, p99 } = await loaded
  expect(sent).toBe(100)
  expect(held.length).toBeGreaterThan(20)
  expect(p99).toBeGreaterThan(300)
})

test('a broken connection is lost', async () => {
  const url = await serve((incoming) => incoming.socket.destroy())
  expect(await load(url, 100, 0.1)).toMatchObject({ lost: 10, reasons: { 'no answer': 10 } })
})
