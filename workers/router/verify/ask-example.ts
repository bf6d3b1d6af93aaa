import { withinDeadline } from '#shared/deadline.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { DEADLINE_HEADER, REQUEST_ID_HEADER } from '#shared/protocol.ts'
import { beginTrace, createSpanId, traceparentOf } from '#shared/trace.ts'

import type { RouterBindings } from '../env.ts'
import type { Candidate } from '../registry/snapshot.ts'
import { transports } from '../transports.ts'
import { wholeAnswer } from '../whole-answer.ts'
import type { ExampleCall } from './example-call.ts'

/** An answer, or why what the node said can't be one to its own example. */
export type ExampleReply = { answer: unknown; ms: number } | { refusal: string }

/** Parsed JSON takes ten times its bytes, and an isolate has 128 MB for everything. */
const MAX_EXAMPLE_ANSWER_BYTES = 4 * 1024 * 1024

/** Statuses of a caller that isn't let in, or comes too often: they say nothing of the model. */
const NOT_OF_THE_MODEL: ReadonlySet<number> = new Set([401, 403, 408, 425, 429])

/**
 * Asks one deployment one example. Only what the node says of it is told: that it can't be reached, is
 * too slow or fails is thrown, since an error is no answer and so no wrong one.
 */
export async function askExample(
  call: ExampleCall,
  candidate: Candidate,
  { env, timeoutMs }: { env: RouterBindings; timeoutMs: number },
): Promise<ExampleReply> {
  const controller = new AbortController()
  const ask = async (): Promise<ExampleReply> => {
    const started = performance.now()
    const response = await transports[candidate.transport].call(
      candidate,
      {
        path: call.door.path(candidate),
        headers: {
          ...call.headers,
          // as any caller's call has it, so that a node can't tell that it is one of these
          traceparent: traceparentOf(beginTrace(undefined), createSpanId()),
          [DEADLINE_HEADER]: String(timeoutMs),
          [REQUEST_ID_HEADER]: crypto.randomUUID(),
        },
        body: call.body,
        signal: controller.signal,
      },
      env,
    )
    if (response.status !== 200) return refusalOf(response, call, candidate)
    return await orNonsense(async () => {
      const answer = await call.door.accept(response, candidate)
      const bytes = await wholeAnswer(answer, MAX_EXAMPLE_ANSWER_BYTES, 'its answer:')
      const ms = performance.now() - started
      return { answer: call.read(answer, bytes), ms }
    })
  }
  try {
    return await withinDeadline(ask, timeoutMs, candidate.node)
  } finally {
    controller.abort()
  }
}

async function refusalOf(
  response: Response,
  { door }: ExampleCall,
  candidate: Candidate,
): Promise<ExampleReply> {
  const { status } = response
  const problem = await door.readProblem(response, candidate)
  // what is no answer of the node protocol comes from something in between
  if (!problem || status >= 500 || NOT_OF_THE_MODEL.has(status) || problem.retryable) {
    const code = problem?.code ?? 'no problem document'
    throw new MeshError('unreachable', `${candidate.node} answered ${status} with ${code}`)
  }
  return { refusal: `it answers ${status} ${problem.code}: ${problem.detail}` }
}

/** What the node answered can't be an answer of the model. */
async function orNonsense(read: () => Promise<ExampleReply>): Promise<ExampleReply> {
  try {
    return await read()
  } catch (err) {
    if (!(err instanceof MeshError)) throw err
    return { refusal: err.message }
  }
}
