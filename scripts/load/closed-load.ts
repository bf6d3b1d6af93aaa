import autocannon from 'autocannon'

import { judgeReply } from './judge-reply.ts'
import type { LoadRequest } from './load-mix.ts'
import { HUNG_MS } from './open-load.ts'
import { Tally, type LoadResult } from './tally.ts'

export interface ClosedLoadOptions {
  connections: number
  seconds: number
}

/** `connections` callers, each of whom asks again as soon as it is answered. */
export async function runClosedLoad(
  url: string,
  requests: readonly LoadRequest[],
  { connections, seconds }: ClosedLoadOptions,
): Promise<LoadResult> {
  const tally = new Tally()
  const judged: Promise<void>[] = []
  const sent = requests.map(({ path, headers, body, check }): autocannon.Request => ({
    method: 'POST',
    path,
    headers,
    body,
    onResponse(status, text, _, given = {}) {
      const names = Object.entries(given).map(([name, value]) => [name.toLowerCase(), value])
      const reply = { status, text, headers: Object.fromEntries(names) }
      judged.push(judgeReply(reply, check).then((fate) => tally.note(fate)))
    },
  }))
  let begun = 0
  const { duration, errors, latency } = await autocannon({
    url,
    connections,
    duration: seconds,
    timeout: HUNG_MS / 1_000,
    excludeErrorStats: true,
    // each begins elsewhere, or all would ask the same model at once
    setupClient(client) {
      const start = begun++ % sent.length
      client.setRequests([...sent.slice(start), ...sent.slice(0, start)])
    },
  })
  await Promise.all(judged)
  for (let i = 0; i < errors; i++) tally.note({ kind: 'lost', why: 'no answer' })
  return { ...tally.result(duration), p50: latency.p50, p99: latency.p99 }
}
