import { expect, test } from 'vitest'

import { tokenise } from './tokenise.ts'

test.each([
  ["Don't say it’s John's.", ['do', 'say', 'it', 'john']],
  ["They'd've come; rock'n'roll 'tis", ['they', 'come', 'rock', 'n', 'roll', 'tis']],
  ['Long-term, state_of the “art”', ['long', 'term', 'state', 'of', 'the', 'art']],
  ['Ｐａｒｉｓ ﬁnds Café', ['paris', 'finds', 'café']],
  [' \n!?', []],
])('splits %j into words as the vocabulary has them', (text, words) => {
  expect(tokenise(text)).toEqual(words)
})
