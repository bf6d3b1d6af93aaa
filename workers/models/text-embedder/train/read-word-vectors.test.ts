import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { DIMENSIONS, readWordVectors } from './read-word-vectors.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'capillary-'))
})
afterAll(() => rm(dir, { recursive: true }))

async function file(vectors: Record<string, number[]>): Promise<string> {
  const path = join(dir, 'vectors.json')
  await writeFile(path, JSON.stringify({ words: Object.keys(vectors), vectors, unkVector: [0] }))
  return path
}
const row = (value: number) => [...Array.from({ length: DIMENSIONS }, () => value), 9, 1]

test('takes the first words that are accepted, without their length and index', async () => {
  const path = await file({ '"': row(1), the: row(2), ']': row(3), of: row(4), to: row(5) })
  const { words, vectors } = await readWordVectors(path, 2, (word) => /^\w+$/.test(word))
  expect(words).toEqual(['the', 'of'])
  expect(vectors).toEqual(Float32Array.from({ length: 200 }, (_, i) => (i < DIMENSIONS ? 2 : 4)))
})

test('says so when words are too few or a vector too short', async () => {
  const path = await file({ the: row(2), of: [1, 2] })
  await expect(readWordVectors(path, 3, (word) => word === 'the')).rejects.toThrow('3 are needed')
  await expect(readWordVectors(path, 3, () => true)).rejects.toThrow("the vector of 'of'")
})
