import { expect, test } from 'vitest'

import { groupNearDuplicates } from './near-duplicates.ts'

const words = (seed: string, count = 60) => Array.from({ length: count }, (_, i) => `${seed}${i}`)

test('puts mails that repeat each other, or share a thread, into one group', () => {
  const offer = words('offer')
  const groups = groupNearDuplicates([
    { subject: 'One', words: offer },
    { subject: 'Two', words: [...offer.slice(0, 57), 'your', 'number', 'here'] },
    { subject: 'Patch for the parser', words: words('a') },
    { subject: 'Re: [dev] Re: Patch for the parser', words: words('b') },
    { subject: 'Something else entirely', words: words('c') },
  ])
  expect(groups[0]).toBe(groups[1])
  expect(groups[2]).toBe(groups[3])
  expect(new Set(groups).size).toBe(3)
})

test('does not join mails by a subject that says nothing', () => {
  const groups = groupNearDuplicates([
    { subject: 'hi', words: words('x') },
    { subject: 'hi', words: words('y') },
  ])
  expect(new Set(groups).size).toBe(2)
})
