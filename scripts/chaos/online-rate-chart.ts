import type { CellResult } from './run-experiment.ts'

const [WIDTH, HEIGHT] = [640, 400]
const MARGIN = { left: 56, right: 150, top: 24, bottom: 48 }
const COLOURS = ['#999999', '#0072b2', '#009e73', '#d55e00']

/** Share of requests answered over the probability that a deployment is up: a line for each number of them. */
export function onlineRateChart(results: readonly CellResult[]): string {
  const rates = results.map(({ rate }) => rate)
  const [least, most] = [Math.min(...rates), Math.max(...rates)]
  // the highest rate at the left, as the experiment goes
  const x = (rate: number) =>
    MARGIN.left + ((most - rate) / (most - least || 1)) * (WIDTH - MARGIN.left - MARGIN.right)
  const y = (share: number) =>
    MARGIN.top + (1 - (share - least) / (1 - least || 1)) * (HEIGHT - MARGIN.top - MARGIN.bottom)
  const byCount = Array.from(Map.groupBy(results, ({ deployments }) => deployments))
  const lines = byCount.flatMap(([count, own], i) => {
    const colour = COLOURS[i % COLOURS.length] ?? 'black'
    const name = count === 1 ? 'a single model' : `mesh of ${count}`
    const measured = line(own, ({ answered }) => answered, name, colour, '')
    if (count === 1) return [measured]
    return [
      measured,
      line(own, (one) => one.answeredInTime, `${name}, coming and going`, colour, '4 4'),
    ]
  })
  function line(
    own: readonly CellResult[],
    shareOf: (one: CellResult) => number,
    name: string,
    colour: string,
    dashes: string,
  ): { drawn: string; name: string; colour: string; end: number } {
    const points = own.map((one) => `${x(one.rate).toFixed(1)},${y(shareOf(one)).toFixed(1)}`)
    const last = own.at(-1)
    return {
      drawn: `<polyline fill="none" stroke="${colour}" stroke-width="2" stroke-dasharray="${dashes}" points="${points.join(' ')}"/>`,
      name,
      colour,
      end: last ? y(shareOf(last)) : 0,
    }
  }
  const labels = lines
    .toSorted((a, b) => a.end - b.end)
    .map(({ name, colour }, i) =>
      text(WIDTH - MARGIN.right + 12, MARGIN.top + 12 + i * 18, name, colour),
    )
  const ticks = [...new Set(rates)]
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    ...ticks.flatMap((tick) => [
      `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}" stroke="#dddddd"/>`,
      text(MARGIN.left - 30, y(tick) + 4, tick.toFixed(1)),
      text(x(tick) - 8, HEIGHT - MARGIN.bottom + 18, tick.toFixed(1)),
    ]),
    ...lines.map(({ drawn }) => drawn),
    ...labels,
    text(MARGIN.left, HEIGHT - 10, 'probability that a deployment is up'),
    text(8, 14, 'share of requests answered'),
    '</svg>',
  ].join('\n')}\n`
}

function text(x: number, y: number, words: string, colour = '#333333'): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" fill="${colour}">${words}</text>`
}
