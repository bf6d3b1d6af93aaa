export type LogFields = Record<string, string | number | boolean | undefined>

/**
 * One JSON line per event, the same in every runtime. Fields carry ids, codes and durations; never a
 * caller's input and never a key.
 */
export const log = {
  info: (event: string, fields: LogFields = {}) => write('info', event, fields),
  warn: (event: string, fields: LogFields = {}) => write('warn', event, fields),
  error: (event: string, fields: LogFields = {}) => write('error', event, fields),
}

function write(level: 'info' | 'warn' | 'error', event: string, fields: LogFields): void {
  const line = JSON.stringify({ time: new Date().toISOString(), level, event, ...fields })
  // oxlint-disable-next-line no-console -- the only writer: workerd and Node both route console to their log
  console[level](line)
}
