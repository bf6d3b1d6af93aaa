/** A network of nodes that reply as a test says, and what they were sent. */
import type { ErrorCode } from '#shared/error-codes.ts'
import type { AnswerMediaType } from '#shared/media-answer.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { toProblem } from '#shared/problem.ts'
import { beginTrace } from '#shared/trace.ts'

import type { DispatchRequest } from './attempt.ts'
import { dispatch, type Dispatched } from './dispatch.ts'
import { task } from '../doors/task.ts'
import type { RouterBindings } from '../env.ts'
import { candidate } from '../registry/registry-fixture.ts'
import { HealthBoard } from '../resilience/health-board.ts'
import type { NodeCall, Transport } from '../transport.ts'

export type Reply = (call: NodeCall) => Response | Promise<Response>

export const json = (value: unknown, type = 'application/json') =>
  new Response(JSON.stringify(value), { headers: { 'content-type': type } })
export const problem = (code: ErrorCode, status?: number) => {
  const told = toProblem(new MeshError(code, `told ${code}`))
  return new Response(JSON.stringify(told), {
    status: status ?? told.status,
    headers: { 'content-type': 'application/problem+json; charset=utf-8' },
  })
}
export const ok: Reply = () => json([{ label: 'good' }])

/** What was sent to which node since a test last emptied it. */
export const calls: { node: string; call: NodeCall }[] = []

interface SendOptions {
  deadlineMs?: number
  /** Which model each node has; all the same when left out. */
  models?: readonly string[]
  board?: HealthBoard
  produces?: readonly AnswerMediaType[]
}

/** Dispatches to nodes `n0`, `n1`, … that reply so; only the network is replaced. */
export function send(
  replies: readonly Reply[],
  {
    deadlineMs = 10_000,
    models = [],
    board = new HealthBoard(),
    produces = ['application/json', 'image/png'],
  }: SendOptions = {},
): Promise<Dispatched> {
  const network: Transport = {
    call: async (own, call) => {
      calls.push({ node: own.node, call })
      const reply = replies[Number(own.node.slice(1))]
      if (!reply) throw new Error('no such node')
      return reply(call)
    },
    probe: async () => new Response(),
    checkTarget: () => {},
  }
  const request: DispatchRequest = {
    door: task,
    headers: { 'content-type': 'text/plain' },
    body: new TextEncoder().encode('hello'),
    expiresAt: Date.now() + deadlineMs,
    deadlineMs,
    priority: 'normal',
    requestId: 'req-1',
    trace: beginTrace(undefined),
  }
  const candidates = replies.map((_, i) =>
    candidate({ node: `n${i}`, modelId: models[i] ?? 'tone', produces }),
  )
  // as: no binding is touched by this transport
  return dispatch(candidates, request, {
    transports: { binding: network, http: network, oip: network },
    env: {} as RouterBindings,
    board,
  })
}

export const outcomes = (attempts: readonly { outcome: string }[]) =>
  attempts.map(({ outcome }) => outcome)
