import { z } from 'zod'

/** Of what is wrong, so much is told: a caller mends it in a few rounds, and an answer stays small. */
const MAX_ISSUES = 5
const MAX_ISSUE_CHARS = 240
const MAX_PATH_CHARS = 96

/** What is wrong with a request, as one bounded line: `limit: Too big (at most 100); colour: …`. */
export function describeIssues({ issues }: Pick<z.ZodError, 'issues'>): string {
  const told = issues.slice(0, MAX_ISSUES).map(describe)
  const more = issues.length - told.length
  return [...told, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
}

function describe({ path, message }: z.core.$ZodIssue): string {
  const place = z.core.toDotPath(path).slice(0, MAX_PATH_CHARS)
  const sentence =
    message.length > MAX_ISSUE_CHARS ? `${message.slice(0, MAX_ISSUE_CHARS)}…` : message
  return place === '' || message.startsWith(place) ? sentence : `${place}: ${sentence}`
}
