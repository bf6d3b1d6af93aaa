/** W3C trace context, version 00. */
export interface Trace {
  traceId: string
  /** The span of the router's own work on this request. */
  spanId: string
  flags: string
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

/** Continues the caller's trace, or begins one when it sent none that is valid. */
export function beginTrace(traceparent: string | undefined): Trace {
  const [, traceId, parentId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? []
  const valid = traceId && parentId && !/^0+$/.test(traceId) && !/^0+$/.test(parentId)
  return {
    traceId: valid ? traceId : randomHex(16),
    spanId: randomHex(8),
    flags: valid && flags ? flags : '01',
  }
}

/** The header for a span of this trace; a new one by default, for a call to a node. */
export function traceparentOf(trace: Trace, spanId = randomHex(8)): string {
  return `00-${trace.traceId}-${spanId}-${trace.flags}`
}

function randomHex(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}
