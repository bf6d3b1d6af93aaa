import { MESH_VERSION } from '../protocol.ts'
import type { Span } from './span.ts'

/** `SpanKind` and `StatusCode` of opentelemetry/proto/trace/v1/trace.proto. */
const KINDS = { internal: 1, server: 2, client: 3 } as const
const STATUS_ERROR = 2

const NS_PER_US = 1_000n

/** The spans as `ExportTraceServiceRequest` in the JSON of OTLP: ids in hex, 64-bit integers as strings. */
export function exportRequest(
  spans: readonly Span[],
  resource: Readonly<Record<string, string>>,
): unknown {
  return {
    resourceSpans: [
      {
        resource: { attributes: keyValues(resource) },
        scopeSpans: [
          { scope: { name: 'capillary', version: MESH_VERSION }, spans: spans.map(toOtlp) },
        ],
      },
    ],
  }
}

function toOtlp({ parentId, kind, startedAt, endedAt, attributes, error, ...span }: Span): unknown {
  return {
    ...span,
    ...(parentId === undefined ? {} : { parentSpanId: parentId }),
    kind: KINDS[kind],
    startTimeUnixNano: nanoseconds(startedAt),
    endTimeUnixNano: nanoseconds(endedAt),
    attributes: keyValues(
      error === undefined ? attributes : { ...attributes, 'error.type': error },
    ),
    ...(error === undefined ? {} : { status: { code: STATUS_ERROR, message: error } }),
  }
}

/** Through whole microseconds: nanoseconds since the epoch are beyond what a number holds exactly. */
function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms * 1_000)) * NS_PER_US)
}

function keyValues(attributes: Span['attributes']): unknown[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }))
}

function anyValue(value: string | number | boolean): unknown {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}
