/** Endings that GloVe's corpus split off and the package left out: `don't` is `do`, not `don` and `t`. */
const CLITICS = /(?:n't|'(?:s|re|ve|ll|d|m))(?!\p{L})/gu
const WORD = /[\p{L}\p{M}\p{N}]+/gu

/** The words of a text as the vocabulary writes them, in lower case. */
export function tokenise(text: string): string[] {
  const plain = text.normalize('NFKC').replaceAll('’', "'").toLowerCase()
  return plain.replaceAll(CLITICS, ' ').match(WORD) ?? []
}
