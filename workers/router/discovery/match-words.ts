/** A search by words without a database: how well each document's words cover those of the query. */
import type { CapabilityDocument } from './documents.ts'

/** More words of a query are not looked for. */
const MAX_WORDS = 32
/** A query is at most 1,000 characters; labels are as long as they are. */
const MAX_QUERY_CHARS = 1_000
/** Words like `is`, `of` and `to`: a small registry has them in few places, where they'd seem rare and telling. */
const SHORT = /^[a-z]{1,2}$/

/** The weight of each word of a document, as in registry-store.ts: by the field that it stands in. */
type WordWeights = ReadonlyMap<string, number>

/** Documents are made once of each snapshot, and so are their words. */
const weights = new WeakMap<CapabilityDocument, WordWeights>()

/** The words of a query in lower case, each once, without the shortest where there are others. */
export function wordsOf(query: string): string[] {
  const found = splitWords(query.slice(0, MAX_QUERY_CHARS))
  const long = found.filter((word) => !SHORT.test(word))
  return [...new Set(long.length > 0 ? long : found)].slice(0, MAX_WORDS)
}

/** How well each document matches, by capability; those that share no word with the query are absent. */
export function matchWords(
  documents: readonly CapabilityDocument[],
  query: readonly string[],
): Map<string, number> {
  const sums = new Map<string, number>()
  for (const word of new Set(query.map(stem))) {
    const having = documents.flatMap((document): [capability: string, weight: number][] => {
      const weight = weightsOf(document).get(word)
      return weight === undefined ? [] : [[document.capability, weight]]
    })
    // a word that most documents have tells little
    const rarity = Math.log(1 + (documents.length - having.length + 0.5) / (having.length + 0.5))
    for (const [capability, weight] of having) {
      sums.set(capability, (sums.get(capability) ?? 0) + weight * rarity)
    }
  }
  return sums
}

function weightsOf(document: CapabilityDocument): WordWeights {
  const known = weights.get(document)
  if (known) return known
  const { words, titles, descriptions, labels, examples } = document
  const made = new Map<string, number>()
  const add = (texts: readonly string[], weight: number) => {
    for (const word of texts.flatMap(splitWords).map(stem)) made.set(word, weight)
  }
  // the weightiest last, so that it stays
  add([...labels, ...examples], 1)
  add(descriptions, 2)
  add([words, ...titles], 4)
  weights.set(document, made)
  return made
}

function splitWords(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}

/** Crude, and the same on both sides: an English plural or verb form falls together with its word. */
function stem(word: string): string {
  return word.length < 5 ? word : word.replace(/(?:ing|ed|(?<!s)s)$/, '')
}
