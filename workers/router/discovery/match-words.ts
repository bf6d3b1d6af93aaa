/** A search by words without a database: how well each document's words cover those of the query. */
import type { CapabilityDocument } from './documents.ts'

/** More words of a query are not looked for. */
const MAX_WORDS = 32

/** A word in a name or title tells more than one in a description, one in a label less; as in registry-store.ts. */
const WEIGHTS = { words: 4, titles: 4, descriptions: 2, labels: 1 } as const

/** The words of a text in lower case, each once. */
export function wordsOf(text: string): string[] {
  const found = text
    .slice(0, MAX_WORDS * 32)
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu)
  return [...new Set(found)].slice(0, MAX_WORDS)
}

/** How well each document matches, by capability; those that share no word with the query are absent. */
export function matchWords(
  documents: readonly CapabilityDocument[],
  query: readonly string[],
): Map<string, number> {
  const fields = documents.map(stemsByField)
  const sums = new Map<string, number>()
  for (const word of query.map(stem)) {
    const weights = fields.map((own) =>
      Math.max(0, ...own.filter(([, stems]) => stems.has(word)).map(([weight]) => weight)),
    )
    const having = weights.filter((weight) => weight > 0).length
    // a word that most documents have tells little
    const rarity = Math.log(1 + (documents.length - having + 0.5) / (having + 0.5))
    for (const [i, weight] of weights.entries()) {
      const capability = documents[i]?.capability
      if (capability === undefined || weight === 0) continue
      sums.set(capability, (sums.get(capability) ?? 0) + weight * rarity)
    }
  }
  return sums
}

function stemsByField(document: CapabilityDocument): [weight: number, stems: Set<string>][] {
  const { words, titles, descriptions, labels } = document
  const texts = { words: [words], titles, descriptions, labels }
  return Object.entries(WEIGHTS).map(([field, weight]) => [
    weight,
    // as: entries of a constant forget its keys
    new Set(
      texts[field as keyof typeof WEIGHTS].flatMap((text) =>
        (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).map(stem),
      ),
    ),
  ])
}

/** Crude, and the same on both sides: English plurals and verb forms fall together with their word. */
function stem(word: string): string {
  return word.length < 5 ? word : word.replace(/(?:ings?|ed|es|s|e|er|ers|or|ors|ion|ions)$/, '')
}
