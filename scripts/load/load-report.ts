import type { LoadRun, Reach } from './load-reaches.ts'
import { goodputOf, type LoadResult, type Times } from './tally.ts'

const MIB = 1024 * 1024

/** What `npm run load` prints, and a document may show. */
export function loadReport(run: LoadRun, reaches: readonly Reach[]): string[] {
  const { ramp, held, steady, again, overload, memory } = run
  return [
    '| load | sent/s | right/s | p50 ms | p99 ms | shed | refused | lost |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...ramp.map(({ connections, result }) => resultRow(`${connections} callers`, result)),
    ...held.map(({ connections, result }) => resultRow(`${connections} callers, held`, result)),
    resultRow('80 % of saturation', steady),
    resultRow(`${again.connections} callers, after that`, again.result),
    resultRow('300 % of saturation', overload),
    '',
    '| at 80 % of saturation | p50 ms | p99 ms | ratio |',
    '| --- | ---: | ---: | ---: |',
    ...Object.entries(steady.capabilities).map(([capability, { p50, p99 }]) => {
      const figures = [p50.toFixed(1), p99.toFixed(1), (p99 / p50).toFixed(2)]
      return `| ${capability} | ${figures.join(' | ')} |`
    }),
    '',
    `| p99 / p50 in minute | ${steady.minutes.map((_, i) => i + 1).join(' | ')} |`,
    `| --- | ${steady.minutes.map(() => '---:').join(' | ')} |`,
    ...Object.keys(steady.capabilities).map((capability) => {
      const ratios = steady.minutes.map(({ [capability]: own }) => ratioOf(own))
      return `| ${capability} | ${ratios.join(' | ')} |`
    }),
    '',
    '| resident memory, MB | start | most | end | steady, a minute |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...memory.map(({ name, whole, steady: trend }) => {
      const figures = [whole.start, whole.max, whole.end].map((bytes) => (bytes / MIB).toFixed(0))
      const slope = (trend.slope / MIB).toFixed(1)
      return `| ${name} | ${figures.join(' | ')} | ${slope} |`
    }),
    '',
    '| reach | measured | |',
    '| --- | --- | --- |',
    ...reaches.map(
      ({ rule, measured, isMet }) => `| ${rule} | ${measured} | ${isMet ? 'met' : '**missed**'} |`,
    ),
  ]
}

function ratioOf(times: Times | undefined): string {
  return times ? (times.p99 / times.p50).toFixed(1) : '-'
}

/** What a load doesn't understand is told in the answers' own words, which may all differ. */
const MAX_REASONS = 8

/** One line that says how a load goes. */
export function progressLine(result: LoadResult & { underway?: number }): string {
  const { seconds, sent, right, shed, refused, lost, reasons, p50, p99, underway = 0 } = result
  const most = Object.entries(reasons).toSorted(([, a], [, b]) => b - a)
  const why = most.slice(0, MAX_REASONS).map(([reason, count]) => `${reason} ${count}`)
  if (most.length > MAX_REASONS) why.push(`and ${most.length - MAX_REASONS} more reasons`)
  return (
    `${seconds.toFixed(0)} s: ${sent} answered, ${right} right (${goodputOf(result).toFixed(0)}/s, ` +
    `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms), ${shed} shed, ${refused} refused, ${lost} lost, ` +
    `${underway} under way${why.length === 0 ? '' : `; ${why.join(', ')}`}`
  )
}

function resultRow(name: string, result: LoadResult): string {
  const { seconds, sent, p50, p99, shed, refused, lost } = result
  const rates = [sent / seconds, goodputOf(result)].map((rate) => rate.toFixed(0))
  return `| ${name} | ${rates.join(' | ')} | ${p50.toFixed(1)} | ${p99.toFixed(1)} | ${shed} | ${refused} | ${lost} |`
}
