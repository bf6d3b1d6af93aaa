/** At most this many suggestions help; more are a list. */
const MAX_SUGGESTIONS = 3
/** A suggestion may differ in up to this share of the longer word. */
const MAX_DIFFERENCE = 0.6

/** Names are shorter; of what a caller made up, the distance would take time by its length. */
const MAX_NAME_CHARS = 128

/** The known names most like an unknown one, best first: by edit distance, and by sharing a part; none for what is too long to be one. */
export function nearest(name: string, known: Iterable<string>): string[] {
  if (name.length > MAX_NAME_CHARS) return []
  return Array.from(known, (candidate) => ({ candidate, difference: difference(name, candidate) }))
    .filter(({ difference: value }) => value <= MAX_DIFFERENCE)
    .toSorted((a, b) => a.difference - b.difference || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, MAX_SUGGESTIONS)
    .map(({ candidate }) => candidate)
}

function difference(a: string, b: string): number {
  const shared = a.split('/').some((part) => part !== '' && b.split('/').includes(part))
  const distance = editDistance(a, b) / Math.max(a.length, b.length, 1)
  return shared ? Math.min(distance, MAX_DIFFERENCE / 2 + distance / 4) : distance
}

/** Levenshtein's distance, in one row. */
function editDistance(a: string, b: string): number {
  const row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    let diagonal = row[0] ?? 0
    row[0] = i
    for (let j = 1; j <= b.length; j++) {
      const above = row[j] ?? 0
      const substitute = diagonal + (a[i - 1] === b[j - 1] ? 0 : 1)
      row[j] = Math.min(above + 1, (row[j - 1] ?? 0) + 1, substitute)
      diagonal = above
    }
  }
  return row[b.length] ?? 0
}
