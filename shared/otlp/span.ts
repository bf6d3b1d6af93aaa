/** One piece of work in a trace, ended. */
export interface Span {
  traceId: string
  spanId: string
  /** Undefined for the root of a trace. */
  parentId: string | undefined
  name: string
  kind: 'internal' | 'server' | 'client'
  /** Both in ms since the epoch, with fractions where the clock has them. */
  startedAt: number
  endedAt: number
  attributes: Readonly<Record<string, string | number | boolean>>
  /** Set when it failed: a short name of why, such as an error code. */
  error?: string | undefined
}
