import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { expect, test } from 'vitest'

import { AnswerCheck } from './answer-check.ts'
import { runClosedLoad } from './closed-load.ts'

test('judges each answer by the request it belongs to', async () => {
  const server = createServer((request, response) =>
    response.end(request.url === '/good' ? '1' : '2'),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // as: it listens on a port
  const requests = ['/good', '/bad'].map((path) => ({
    capability: path,
    path,
    headers: {},
    body: Buffer.from('hello'),
    check: new AnswerCheck({ expected: 1, tolerance: 0 }),
  }))
  try {
    const load = { connections: 2, seconds: 1 }
    const { right, lost, reasons } = await runClosedLoad(`http://127.0.0.1:${port}`, requests, load)
    expect(right).toBeGreaterThan(0)
    expect(lost).toBeGreaterThan(0)
    expect(reasons).toEqual({ 'wrong answer': lost })
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
