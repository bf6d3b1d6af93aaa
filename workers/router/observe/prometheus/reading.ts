import type { Metric, Sample } from './metric.ts'

/** A metric that is read from elsewhere when it is asked for. */
export interface ReadingOptions extends Pick<Metric, 'name' | 'help'> {
  type: 'counter' | 'gauge'
  /** A number, or one for each set of labels; undefined where there is nothing to tell. */
  read(): number | undefined | Iterable<Sample>
}

export function createReading({ name, help, type, read }: ReadingOptions): Metric {
  return {
    name,
    help,
    type,
    samples() {
      const told = read() ?? []
      return typeof told === 'number' ? [{ labels: {}, value: told }] : told
    },
  }
}
