import { Agent, request } from 'node:http'

import { judgeReply, type Reply } from './judge-reply.ts'
import type { LoadRequest } from './load-mix.ts'
import { Tally, type LoadResult } from './tally.ts'

/** Nobody waits longer for an answer, once there is a connection: the mesh's default deadline is 10 s. */
export const HUNG_MS = 15_000
/**
 * Connections at once, as a proxy in front of many callers would keep: what is due beyond waits for one, and that counts
 * as its time. A server that gets one for each of thousands who wait runs out of file descriptors.
 */
const MAX_CONNECTIONS = 1_024
/** workerd closes what is idle for 5 s: what is sent at that moment would be lost on the way. */
const IDLE_MS = 4_000
/** How often what is due is sent: timers are no finer. */
const TICK_MS = 1

export interface OpenLoadOptions {
  /** Requests a second. */
  rate: number
  seconds: number
  /** Is told every ten seconds how it goes. */
  onProgress(soFar: Progress): void
}

export type Progress = LoadResult & { underway: number }

const PROGRESS_MS = 10_000

/**
 * Sends at an even rate, whatever becomes of the requests before, and counts time from when a request was due: a
 * mesh that stands still is charged for everybody who would have asked meanwhile. autocannon's own rates send what
 * a second has in one burst at its beginning, and its correction takes seconds for milliseconds.
 */
export async function runOpenLoad(
  url: string,
  requests: readonly LoadRequest[],
  { rate, seconds, onProgress }: OpenLoadOptions,
): Promise<LoadResult> {
  const { hostname, port } = new URL(url)
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS, timeout: IDLE_MS })
  const tally = new Tally()
  const underway = new Set<Promise<void>>()
  const began = performance.now()
  const total = Math.round(rate * seconds)
  let toldAt = began

  const ask = async (own: LoadRequest, dueAt: number) => {
    const { capability, path, headers, body, check } = own
    const reply = await post({ hostname, port, path, headers, agent }, body)
    const ms = performance.now() - dueAt
    const fate = await judgeReply(reply, check)
    tally.note(fate)
    if (fate.kind === 'right') tally.time(capability, ms, dueAt - began)
  }
  for (let sent = 0; sent < total;) {
    const now = performance.now()
    for (; sent < total && began + (sent * 1_000) / rate <= now; sent++) {
      const own = requests[sent % requests.length]
      if (!own) break
      const asked = ask(own, began + (sent * 1_000) / rate).finally(() => underway.delete(asked))
      underway.add(asked)
    }
    if (now - toldAt >= PROGRESS_MS) {
      toldAt = now
      onProgress({ ...tally.result((now - began) / 1_000), underway: underway.size })
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS))
  }
  await Promise.all(underway)
  agent.destroy()
  return tally.result((performance.now() - began) / 1_000)
}

/** Undefined when the connection broke, or nothing came in time. */
function post(
  options: {
    hostname: string
    port: string
    path: string
    headers: Readonly<Record<string, string>>
    agent: Agent
  },
  body: Buffer,
): Promise<Reply | undefined> {
  return new Promise((resolve) => {
    const sent = request({ ...options, method: 'POST', timeout: HUNG_MS }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', () => resolve(undefined))
      response.on('end', () => {
        const { statusCode = 0, headers } = response
        resolve({ status: statusCode, headers, text: Buffer.concat(chunks).toString() })
      })
    })
    sent.on('timeout', () => sent.destroy())
    sent.on('error', () => resolve(undefined))
    sent.end(body)
  })
}
