/** A server that answers what a test tells it to, for the client's own tests. */
/* oxlint-disable no-restricted-imports, no-restricted-globals -- tests run in Node */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Asked {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: Uint8Array<ArrayBuffer>
  /** Milliseconds since the epoch. */
  at: number
}

export type Reply = (response: ServerResponse, asked: Asked) => void

export interface TestServer {
  url: string
  asked: Asked[]
  /** Answers the requests that follow, each with one of these; the last one for all that come after. */
  replyWith(...replies: Reply[]): void
  stop(): void
}

export async function startTestServer(): Promise<TestServer> {
  const asked: Asked[] = []
  let replies: Reply[] = []
  const server = createServer((request, response) => {
    const chunks: Uint8Array[] = []
    request.on('data', (chunk: Uint8Array) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const one = {
        method,
        path: url,
        headers,
        body: Uint8Array.from(Buffer.concat(chunks)),
        at: Date.now(),
      }
      asked.push(one)
      const reply = replies.length > 1 ? replies.shift() : replies[0]
      reply?.(response, one)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // as: it listens on a port
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    replyWith(...others) {
      asked.length = 0
      replies = others
    },
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Answers JSON. */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(body))
  }
}

/** Answers a problem as the mesh does. */
export function problem(status: number, code: string, more: Record<string, unknown> = {}): Reply {
  return json(status, { code, detail: `it is ${code}`, retryable: false, ...more })
}

/** Breaks the connection. */
export const hangUp: Reply = (response) => response.destroy()

/** Never answers. */
export const silence: Reply = () => {}
