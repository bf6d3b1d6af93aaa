import { expect, test } from 'vitest'

import { MAX_HELD_BYTES } from '../dispatch/receive-answer.ts'
import { candidate } from '../registry/registry-fixture.ts'
import { embeddingsDoor } from './embeddings-door.ts'

const JSON_HEADERS = { headers: { 'content-type': 'application/json' } }

function accept(body: unknown, count: number) {
  const door = embeddingsDoor(count)
  const answering = door.accept(new Response(JSON.stringify(body), JSON_HEADERS), candidate())
  return { door, answering }
}

test('reads a vector for each text', async () => {
  const { door, answering } = accept([[1, 0]], 1)
  expect(door.vectorsOf(await answering)).toEqual([[1, 0]])
})

/** It had been taken for an empty one, and two of those agree: a rollout counted them whatever they were. */
test('leaves a large answer large, which no rollout compares', async () => {
  const vectors = Array.from({ length: 2_000 }, () => Array.from({ length: 300 }, () => 0.5))
  expect(JSON.stringify(vectors).length).toBeGreaterThan(MAX_HELD_BYTES)
  const { door, answering } = accept(vectors, vectors.length)
  const answer = await answering
  expect(door.vectorsOf(answer)).toEqual(vectors)
  expect(answer.body).toBeInstanceOf(ReadableStream)
})

test.each([
  ['too few vectors', [[1]], 2],
  ['too many', [[1], [2]], 1],
  ['what is no vector', [['1']], 1],
  ['no list', { vectors: [[1]] }, 1],
])('takes %s for no answer', async (_, body, count) => {
  await expect(accept(body, count).answering).rejects.toMatchObject({ code: 'bad_gateway' })
})
