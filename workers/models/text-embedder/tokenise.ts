/** As GloVe's corpus was split: `don't` is `do` and `n't`, `it's` is `it` and `'s`; of the rest, letters and digits. */
const TOKEN =
  /n't(?!\p{L})|'(?:s|re|ve|ll|d|m)(?!\p{L})|[\p{L}\p{M}\p{N}]+?(?=n't(?!\p{L}))|[\p{L}\p{M}\p{N}]+/gu

/** The words of a text as the vocabulary writes them, in lower case. */
export function tokenise(text: string): string[] {
  return text.normalize('NFKC').replaceAll('’', "'").toLowerCase().match(TOKEN) ?? []
}
