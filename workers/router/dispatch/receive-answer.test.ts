import { describe, expect, test } from 'vitest'

import { MAX_ANSWER_BYTES, MAX_HELD_BYTES, receiveAnswer } from './receive-answer.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** workerd's bodies are streams of bytes; those that our own code makes aren't. */
const KINDS = ['bytes', undefined] as const

function streamOf(
  chunks: Iterable<Bytes>,
  { kind, end }: { kind: 'bytes' | undefined; end?: Error },
): ReadableStream {
  const iterator = chunks[Symbol.iterator]()
  return new ReadableStream({
    // as: the types know only each kind by itself
    type: kind as 'bytes',
    pull(controller) {
      const { done, value } = iterator.next()
      if (!done) controller.enqueue(value)
      else if (end) controller.error(end)
      else {
        controller.close()
        if ('byobRequest' in controller) controller.byobRequest?.respond(0)
      }
    },
  })
}
const chunk = (size: number, fill = 1) => new Uint8Array(size).fill(fill)
const whole = async (body: ReadableStream<Bytes>) =>
  new Uint8Array(await new Response(body).arrayBuffer())

test('gives no bytes for no body', async () => {
  expect(await receiveAnswer(null)).toEqual(new Uint8Array(0))
})

describe.each(KINDS)('an answer that is a stream of %s', (kind) => {
  test('gives a small answer whole, in order', async () => {
    const body = await receiveAnswer(streamOf([chunk(2, 1), chunk(1, 2)], { kind }))
    expect(body).toEqual(Uint8Array.of(1, 1, 2))
  })

  test('rejects when a small answer breaks off, so that another node is asked', async () => {
    await expect(
      receiveAnswer(streamOf([chunk(2)], { kind, end: new Error('hung up') })),
    ).rejects.toThrow('hung up')
  })

  test('streams a large answer without losing what it has held', async () => {
    const body = await receiveAnswer(
      streamOf([chunk(MAX_HELD_BYTES, 1), chunk(5, 2), chunk(5, 3)], { kind }),
    )
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
    const body = await receiveAnswer(streamOf(endless, { kind }))
    if (!(body instanceof ReadableStream)) throw new Error('it was held')
    await expect(whole(body)).rejects.toThrow('exceeds')
    expect(sent).toBeLessThan(MAX_ANSWER_BYTES + 4 * MAX_HELD_BYTES)
  })

  test.each([undefined, 0, 3, 1_000_000])(
    'is whole whatever length it declares: %s',
    async (declared) => {
      const body = await receiveAnswer(streamOf([chunk(2, 1), chunk(1, 2)], { kind }), declared)
      expect(body).toEqual(Uint8Array.of(1, 1, 2))
    },
  )

  /** It had waited for 64 KiB. */
  test('passes on what has come of a large one', async () => {
    const all = MAX_HELD_BYTES + 64 * 1024 + 100
    const parts = [chunk(all - 100), chunk(100)]
    const forever: ReadableStream = new ReadableStream({
      // as: the types know only each kind by itself
      type: kind as 'bytes',
      start(controller) {
        for (const part of parts) controller.enqueue(part)
      },
    })
    const body = await receiveAnswer(forever, 2 * MAX_HELD_BYTES)
    if (!(body instanceof ReadableStream)) throw new Error('it was held')
    const reader = body.getReader()
    let size = 0
    while (size < all) {
      const { done, value } = await reader.read()
      if (done) break
      size += value.byteLength
    }
    expect(size).toBe(all)
  })
})
