import type { CellResult } from './run-experiment.ts'

/** One request in a hundred may be lost to what is neither up nor down. */
const TOLERANCE = 0.01

/** What `npm run chaos` prints, and a document may show. */
export function resultTable(results: readonly CellResult[]): string[] {
  return [
    '| up with p | deployments | at least one was up | bound | answered | answered rightly | with the caller repeating |',
    '| ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...results.map((own) => {
      const cells = [own.possible, boundOf(own), own.answered, own.right, own.answeredInTime]
      const figures = cells.map((value) => value.toFixed(3)).join(' | ')
      return `| ${own.rate.toFixed(1)} | ${own.deployments} | ${figures} |`
    }),
  ]
}

/** The share of requests for which one of n deployments is up: 1 − (1 − p)^n. */
function boundOf({ rate, deployments }: CellResult): number {
  return 1 - (1 - rate) ** deployments
}

/** Where fewer were answered than had to be, as sentences. */
export function shortfalls(results: readonly CellResult[]): string[] {
  return results.flatMap((own) => {
    const where = `p = ${own.rate}, ${own.deployments} deployments:`
    const least = Math.min(own.possible, boundOf(own)) - TOLERANCE
    return [
      ...(own.answered < least
        ? [`${where} ${own.answered} was answered, under ${least.toFixed(3)}`]
        : []),
      ...(own.untyped > 0 ? [`${where} ${own.untyped} was refused without a typed error`] : []),
    ]
  })
}
