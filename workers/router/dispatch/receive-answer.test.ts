import { expect, test } from 'vitest'

import { MAX_ANSWER_BYTES, MAX_HELD_BYTES, receiveAnswer } from './receive-answer.ts'

type Bytes = Uint8Array<ArrayBuffer>

function streamOf(chunks: Iterable<Bytes>, end?: Error): ReadableStream<Bytes> {
  const iterator = chunks[Symbol.iterator]()
  return new ReadableStream({
    pull(controller) {
      const { done, value } = iterator.next()
      if (!done) controller.enqueue(value)
      else if (end) controller.error(end)
      else controller.close()
    },
  })
}
const chunk = (size: number, fill = 1) => new Uint8Array(size).fill(fill)
const whole = async (body: ReadableStream<Bytes>) =>
  new Uint8Array(await new Response(body).arrayBuffer())

test('gives a small answer whole, in order', async () => {
  const body = await receiveAnswer(streamOf([chunk(2, 1), chunk(1, 2)]))
  expect(body).toEqual(Uint8Array.of(1, 1, 2))
})

test('gives no bytes for no body', async () => {
  expect(await receiveAnswer(null)).toEqual(new Uint8Array(0))
})

test('rejects when a small answer breaks off, so that another node is asked', async () => {
  await expect(receiveAnswer(streamOf([chunk(2)], new Error('hung up')))).rejects.toThrow('hung up')
})

test('streams a large answer without losing what it has held', async () => {
  const body = await receiveAnswer(streamOf([chunk(MAX_HELD_BYTES, 1), chunk(5, 2), chunk(5, 3)]))
  if (!(body instanceof ReadableStream)) throw new Error('it was held')
  const bytes = await whole(body)
  expect(bytes.byteLength).toBe(MAX_HELD_BYTES + 10)
  expect(Array.from(bytes.subarray(-10))).toEqual([2, 2, 2, 2, 2, 3, 3, 3, 3, 3])
})

test('breaks a stream off beyond the limit and stops reading the node', async () => {
  let sent = 0
  const endless = {
    *[Symbol.iterator]() {
      for (;;) yield chunk((sent += MAX_HELD_BYTES) && MAX_HELD_BYTES)
    },
  }
  const body = await receiveAnswer(streamOf(endless))
  if (!(body instanceof ReadableStream)) throw new Error('it was held')
  await expect(whole(body)).rejects.toThrow('exceeds')
  expect(sent).toBeLessThan(MAX_ANSWER_BYTES + 4 * MAX_HELD_BYTES)
})
