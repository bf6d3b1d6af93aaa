/** What became of one request of a stream. Times are of the monotonic clock, in ms. */
export interface Outcome {
  startedAt: number
  endedAt: number
  status: number
  /** The problem's code; undefined when it was answered. */
  code: string | undefined
  /** Who answered; null when nobody did. */
  node: string | null
  /** Who was asked and gave no answer, or none in time. */
  failed: readonly string[]
}

/** One request to the router, answered or refused. */
export type Send = () => Promise<{
  status: number
  headers: Headers
  body: unknown
}>

export interface Stream {
  outcomes: readonly Outcome[]
  /** Sends no more and waits for what is on its way. */
  stop(): Promise<void>
}

/** Sends a request every `everyMs`, whatever becomes of those before: a caller doesn't wait for a fault to pass. */
export function startStream(send: Send, everyMs: number): Stream {
  const outcomes: Outcome[] = []
  const underway = new Set<Promise<void>>()
  const sendOne = async () => {
    outcomes.push(await ask(send))
  }
  const timer = setInterval(() => {
    const own = sendOne().finally(() => underway.delete(own))
    underway.add(own)
  }, everyMs)
  return {
    outcomes,
    async stop() {
      clearInterval(timer)
      await Promise.all(underway)
    },
  }
}

/** `placement/node;model;outcome;ms` of `mesh-route`, where the outcome isn't `ok`. */
const NOT_OK = /\w+\/([^;]+);[^;]+;(?!ok;)/g

async function ask(send: Send): Promise<Outcome> {
  const startedAt = performance.now()
  try {
    const { status, headers, body } = await send()
    const route = headers.get('mesh-route') ?? ''
    return {
      startedAt,
      endedAt: performance.now(),
      status,
      code: status === 200 ? undefined : codeOf(body),
      node: headers.get('mesh-node'),
      failed: Array.from(route.matchAll(NOT_OK), ([, node = '']) => node),
    }
  } catch (err) {
    // the router itself did not answer: no fault of these may do that
    const endedAt = performance.now()
    return { startedAt, endedAt, status: 0, code: String(err), node: null, failed: [] }
  }
}

function codeOf(body: unknown): string {
  return typeof body === 'object' && body !== null && 'code' in body ? String(body.code) : 'untyped'
}
