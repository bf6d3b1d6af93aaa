import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Nodes on loopback that are up or down as they are told: for one that is down, its platform answers. */
export interface Fleet {
  urls: readonly string[]
  /** Which are up from now on, in the order of `urls`. */
  set(up: readonly boolean[]): void
  stop(): Promise<void>
}

/** Starts `count` nodes that answer each input with what was recorded of it. */
export async function startFleet(
  count: number,
  answers: ReadonlyMap<string, string>,
): Promise<Fleet> {
  let states: readonly boolean[] = Array.from({ length: count }, () => true)
  const servers = await Promise.all(
    Array.from({ length: count }, (_, i) => startNode(answers, () => states[i] === true)),
  )
  return {
    urls: servers.map((server) => {
      const { port } = server.address() as AddressInfo // as: it listens on a port
      return `http://127.0.0.1:${port}`
    }),
    set(up) {
      states = up
    },
    async stop() {
      for (const server of servers) server.closeAllConnections()
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
    },
  }
}

async function startNode(
  answers: ReadonlyMap<string, string>,
  isUp: () => boolean,
): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const answer = answers.get(Buffer.concat(chunks).toString())
      // what a Worker on Cloudflare is told of a server that is down
      if (!isUp()) response.writeHead(521).end('Web server is down')
      // the router's probes ask whether it is ready
      else if (request.method === 'GET') response.writeHead(200).end()
      else if (answer === undefined) response.writeHead(500).end()
      else response.writeHead(200, { 'content-type': 'application/json' }).end(answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}
