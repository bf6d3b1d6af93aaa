import { describe, expect, test } from 'vitest'

import { modelEntry } from '../registry/registry-fixture.ts'
import type { CapabilityDocument } from './documents.ts'
import { matchWords, wordsOf } from './match-words.ts'

function document(capability: string, own: Partial<CapabilityDocument>): CapabilityDocument {
  return {
    capability,
    models: [modelEntry()],
    words: capability.replaceAll(/[/-]/g, ' '),
    titles: [],
    descriptions: [],
    labels: [],
    examples: [],
    ...own,
  }
}

const documents = [
  document('object-detection/face', { titles: ['Faces in a picture'] }),
  document('image-to-text/line', { descriptions: ['Reads one line of a picture.'] }),
  document('text-classification/tone', { labels: ['happy', 'sad'], examples: ['a sad one'] }),
]
const best = (query: string) =>
  Array.from(matchWords(documents, wordsOf(query))).toSorted((a, b) => b[1] - a[1])[0]?.[0]

describe('words of a query', () => {
  test('are lower case, each once, in any script', () => {
    expect(wordsOf('Tone, TONE: Stimmung! 気分 2026')).toEqual(['tone', 'stimmung', '気分', '2026'])
  })

  test('leave out the shortest, unless there are no others', () => {
    expect(wordsOf('is it of a tone')).toEqual(['tone'])
    expect(wordsOf('is it C')).toEqual(['is', 'it', 'c'])
  })

  test('are at most 32, and none of nothing', () => {
    expect(wordsOf(Array.from({ length: 100 }, (_, i) => `word${i}`).join(' '))).toHaveLength(32)
    expect(wordsOf('?!… ')).toEqual([])
  })
})

describe('a match', () => {
  test.each([
    ['detecting a face', 'object-detection/face'],
    ['count faces', 'object-detection/face'],
    ['read a picture', 'image-to-text/line'],
    ['SAD people', 'text-classification/tone'],
  ])('finds %j by its forms', (query, capability) => {
    expect(best(query)).toBe(capability)
  })

  test('counts a title more than a description', () => {
    expect(best('picture')).toBe('object-detection/face')
  })

  test('is of whole words: nothing is found by a part of one', () => {
    expect(matchWords(documents, wordsOf('pict fac constructor toString __proto__')).size).toBe(0)
  })

  test('of no documents or no words is none', () => {
    expect(matchWords([], ['tone']).size).toBe(0)
    expect(matchWords(documents, []).size).toBe(0)
  })
})
