/**
 * JSON in the one form of RFC 8785, the JSON Canonicalization Scheme, as text. The RFC takes numbers and
 * texts as ECMAScript writes them and orders names by UTF-16 code units, as `<` does here, so what is left
 * to do is the order. (Not by sorting an object: names that look like an index come first in it, whatever one does.)
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((own) => canonicalJson(own ?? null)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value)
    .filter(([, own]) => own !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, own]) => `${JSON.stringify(name)}:${canonicalJson(own)}`)
  return `{${members.join(',')}}`
}
