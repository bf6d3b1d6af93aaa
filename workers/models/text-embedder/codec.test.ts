import { expect, test } from 'vitest'

import words from '#artefacts/text-embedder/words.json' with { type: 'json' }
import type { Tensors } from '#shared/tensor.ts'

import { codec } from './codec.ts'
import { wordWeight } from './word-weight.ts'

const input = (text: string) => ({
  mediaType: 'text/plain',
  bytes: new TextEncoder().encode(text),
})

test('gives the graph each known word once, with its weight times how often it is there', async () => {
  const given: Tensors[] = []
  await codec.predict(input('The cat, the other CAT and zzyzx.'), {}, async (tensors) => {
    given.push(tensors)
    return { embedding: { datatype: 'FP32', shape: [1, 100], data: new Float32Array(100) } }
  })
  const expected = ['the', 'cat', 'other', 'and'].map((word) => words.indexOf(word))
  expect(Array.from(given[0]?.ids?.data ?? [], Number)).toEqual(expected)
  expect(given[0]?.weights?.data).toEqual(
    Float32Array.from(expected, (id, i) => (i < 2 ? 2 : 1) * wordWeight(id, words.length)),
  )
})

test('refuses a text without a word it knows', async () => {
  await expect(
    codec.predict(input('Zzyzx, 42!'), {}, () => Promise.reject(new Error('not reached'))),
  ).rejects.toMatchObject({ code: 'invalid_input' })
})

test('has rare words weigh more than frequent ones', () => {
  expect(wordWeight(0, words.length)).toBeLessThan(0.01)
  expect(wordWeight(20_000, words.length)).toBeGreaterThan(0.98)
})
