/** `parameters.timeout` of an inference, microseconds of which 0 is none, in whole milliseconds; undefined for none. */
export function timeoutMs(micros: unknown): number | undefined {
  return typeof micros === 'number' && micros > 0 ? Math.ceil(micros / 1000) : undefined
}
