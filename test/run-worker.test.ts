import { createServer, type Server } from 'node:http'
import { join } from 'node:path'

import { afterEach, expect, test } from 'vitest'

import { freePort, runWorker, type RunningWorker } from '../scripts/mesh/run-worker.ts'
import { OUTPUT_DIR, ROOT } from '../scripts/paths.ts'

const running: (RunningWorker | { stop(): Promise<void> })[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((started) => started.stop()))
})

test('a Worker that hangs at its start is started once more', async () => {
  const gate = await openGate({ closedFor: 1 })
  const worker = await start(gate.url, 15_000)
  running.push(worker)
  expect(await (await fetch(worker.url)).text()).toBe('open')
})

test('a Worker is also asked without the proxy of wrangler, at a port of its own', async () => {
  const gate = await openGate({ closedFor: 0 })
  const worker = await start(gate.url, 30_000)
  running.push(worker)
  expect(new URL(worker.directUrl).port).not.toBe(new URL(worker.url).port)
  expect(await (await fetch(worker.directUrl)).text()).toBe('open')
})

test('one that hangs again is given up, by its name, and leaves nothing on its port', async () => {
  const gate = await openGate({ closedFor: Infinity })
  const port = await freePort()
  await expect(start(gate.url, 5_000, port)).rejects.toThrow(
    /gated-worker.*gave no answer within 5000 ms/,
  )
  expect(gate.asked()).toBeLessThanOrEqual(2)
  await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow('fetch failed')
})

test('one that fails is not tried again', async () => {
  const gate = await openGate({ closedFor: 0, status: 500 })
  await expect(start(gate.url, 30_000)).rejects.toThrow(/gated-worker.*did not start; its log/)
  expect(gate.asked()).toBe(1)
})

function start(gate: string, startTimeoutMs: number, port = 0): Promise<RunningWorker> {
  return runWorker({
    configPath: join(ROOT, 'test', 'fixtures', 'gated-worker', 'wrangler.toml'),
    port,
    readyPath: '/',
    registryDir: join(OUTPUT_DIR, 'test', 'gated-workers'),
    vars: { GATE: gate },
    startTimeoutMs,
  })
}

/** A server that leaves its first requests without an answer. */
async function openGate(options: { closedFor: number; status?: number }) {
  let asked = 0
  const server: Server = createServer((_request, response) => {
    if (++asked > options.closedFor) response.writeHead(options.status ?? 200).end('open')
  })
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  running.push({
    stop: async () => {
      server.closeAllConnections()
      server.close()
    },
  })
  return { url: `http://127.0.0.1:${port}`, asked: () => asked }
}
