import type { CellResult } from './run-experiment.ts'

/** One request in a hundred may be lost to what is neither up nor down. */
const TOLERANCE = 0.01
/** What a mesh of two or more must answer where deployments come and go and are up at least so often. */
const REACH = { answered: 0.99, rate: 0.7, deployments: 2 }

/** What `npm run chaos` prints, and a document may show. */
export function resultTable(results: readonly CellResult[]): string[] {
  return [
    '| up with p | deployments | at least one was up | bound | answered | answered rightly | answered while they come and go |',
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
      ...(mustReach(own) && own.answeredInTime < REACH.answered
        ? [
            `${where} ${own.answeredInTime} was answered while they came and went, under ${REACH.answered}`,
          ]
        : []),
      ...(own.untyped > 0 ? [`${where} ${own.untyped} was refused without a typed error`] : []),
    ]
  })
}

function mustReach({ rate, deployments }: CellResult): boolean {
  return rate >= REACH.rate && deployments >= REACH.deployments
}
