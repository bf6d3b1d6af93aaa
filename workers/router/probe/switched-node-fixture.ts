/** A node for tests that goes away and comes back under its own address. */
/* oxlint-disable no-restricted-imports -- tests run in Node */
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface SwitchedNode {
  url: string
  /** What it was sent, as `GET /path`. */
  received: string[]
  /** What it answers to questions whether it is ready from now on. */
  readiness(status: number, problem?: Record<string, unknown>): void
  /** Answers nothing until it is released. */
  hold(): void
  release(): void
  goAway(): Promise<void>
  comeBack(): Promise<void>
}

/** Starts one that is ready and answers every inference well. */
export async function startSwitchedNode(): Promise<SwitchedNode> {
  const received: string[] = []
  let ready: { status: number; body: unknown } = { status: 200, body: { ready: true } }
  const answer = (response: ServerResponse, { status, body }: typeof ready) =>
    response
      .writeHead(status, { 'content-type': 'application/json', connection: 'close' })
      .end(JSON.stringify(body))
  let server: Server | undefined
  let held: Promise<void> | undefined
  let release = () => {}
  const listen = async (port: number): Promise<number> => {
    const own = createServer((request, response) => {
      received.push(`${request.method} ${request.url}`)
      request.resume()
      request.on('end', async () => {
        await held
        const well = { status: 200, body: [{ label: 'good', score: 1 }] }
        answer(response, request.method === 'GET' ? ready : well)
      })
    })
    await new Promise<void>((resolve) => own.listen(port, '127.0.0.1', resolve))
    server = own
    return (own.address() as AddressInfo).port // as: it listens on a port
  }
  const port = await listen(0)
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    readiness(status, problem = {}) {
      ready = { status, body: problem }
    },
    hold() {
      held = new Promise((resolve) => {
        release = resolve
      })
    },
    release: () => release(),
    async goAway() {
      const own = server
      own?.closeAllConnections()
      await new Promise<void>((resolve) => (own ? own.close(() => resolve()) : resolve()))
      server = undefined
    },
    async comeBack() {
      await listen(port)
    },
  }
}
