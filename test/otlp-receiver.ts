import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { expect } from 'vitest'
import { z } from 'zod'

const Attributes = z.array(
  z.strictObject({ key: z.string(), value: z.record(z.string(), z.unknown()) }),
)

/** A span as OTLP's JSON has it. */
export const ReceivedSpan = z.strictObject({
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  spanId: z.string().regex(/^[0-9a-f]{16}$/),
  parentSpanId: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
  name: z.string(),
  kind: z.int().min(1).max(5),
  startTimeUnixNano: z.string().regex(/^\d{19}$/),
  endTimeUnixNano: z.string().regex(/^\d{19}$/),
  attributes: Attributes,
  status: z.strictObject({ code: z.int(), message: z.string() }).optional(),
})
export type ReceivedSpan = z.infer<typeof ReceivedSpan>

const ExportTraceServiceRequest = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes: Attributes }),
      scopeSpans: z.array(
        z.strictObject({
          scope: z.strictObject({ name: z.string(), version: z.string() }),
          spans: z.array(ReceivedSpan),
        }),
      ),
    }),
  ),
})

export interface OtlpReceiver {
  url: string
  /** Path and `x-key` header of each batch. */
  batches: { path: string; key: unknown }[]
  spans: ReceivedSpan[]
  /** What it answers from now on. */
  status: number
  /** The spans of a trace, once there are so many: they come seconds after the answer. */
  spansOf(traceId: string, count: number): Promise<ReceivedSpan[]>
  stop(): void
}

/** A receiver of traces that takes nothing but what the protocol allows. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const server = createServer((request, response) => {
    const chunks: Uint8Array[] = []
    request.on('data', (chunk: Uint8Array) => chunks.push(chunk))
    request.on('end', () => {
      const parsed = ExportTraceServiceRequest.safeParse(
        JSON.parse(Buffer.concat(chunks).toString()),
      )
      receiver.batches.push({ path: request.url ?? '', key: request.headers['x-key'] })
      if (!parsed.success) return response.writeHead(400).end()
      for (const { scopeSpans } of parsed.data.resourceSpans) {
        receiver.spans.push(...scopeSpans.flatMap(({ spans }) => spans))
      }
      return response.writeHead(receiver.status).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // as: it listens on a port
  const receiver: OtlpReceiver = {
    url: `http://127.0.0.1:${port}`,
    batches: [],
    spans: [],
    status: 200,
    async spansOf(traceId, count) {
      const found = () => receiver.spans.filter((span) => span.traceId === traceId)
      await expect.poll(found, { timeout: 10_000 }).toHaveLength(count)
      return found()
    },
    stop: () => void server.close(),
  }
  return receiver
}

export function attributeOf({ attributes }: ReceivedSpan, name: string): unknown {
  return Object.values(attributes.find(({ key }) => key === name)?.value ?? {})[0]
}
