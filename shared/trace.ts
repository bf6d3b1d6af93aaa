import { toHex } from './to-hex.ts'

/** W3C trace context, version 00. */
export interface Trace {
  traceId: string
  /** The span of this server's own work on the request. */
  spanId: string
  /** The caller's span; undefined where the trace begins here. */
  parentId: string | undefined
  flags: string
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

/** Continues the caller's trace, or begins one when it sent none that is valid. */
export function beginTrace(traceparent: string | undefined): Trace {
  const [, traceId, parentId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? []
  const valid = traceId && parentId && !/^0+$/.test(traceId) && !/^0+$/.test(parentId)
  return {
    traceId: valid ? traceId : randomHex(16),
    spanId: createSpanId(),
    parentId: valid ? parentId : undefined,
    flags: valid && flags ? flags : '01',
  }
}

/** The header that makes whoever is called a child of this span. */
export function traceparentOf({ traceId, flags }: Trace, spanId: string): string {
  return `00-${traceId}-${spanId}-${flags}`
}

export function createSpanId(): string {
  return randomHex(8)
}

/** Whether the caller, or who began the trace, wants it recorded. */
export function isSampled({ flags }: Trace): boolean {
  return (Number.parseInt(flags, 16) & 1) === 1
}

function randomHex(bytes: number): string {
  return toHex(crypto.getRandomValues(new Uint8Array(bytes)))
}
