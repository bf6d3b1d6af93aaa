import { expect, test } from 'vitest'

import { readChunks } from './read-chunks.ts'

/** A stream of bytes that has `size` of them, each as its place says, a thousand at a time. */
function byteStream(size: number): { stream: ReadableStream; cancelled: () => boolean } {
  let sent = 0
  let cancelled = false
  const stream = new ReadableStream({
    type: 'bytes',
    pull(controller) {
      if (sent === size) {
        controller.close()
        controller.byobRequest?.respond(0)
        return
      }
      const part = bytes(Math.min(1_000, size - sent), sent)
      sent += part.byteLength
      controller.enqueue(part)
    },
    cancel() {
      cancelled = true
    },
  })
  return { stream, cancelled: () => cancelled }
}

const bytes = (size: number, from = 0) =>
  Uint8Array.from({ length: size }, (_, i) => (from + i) % 251)

async function lengthsAndBytes(stream: ReadableStream, declared: number) {
  const chunks = await Array.fromAsync(readChunks(stream, declared))
  return {
    lengths: chunks.map((chunk) => chunk.byteLength),
    all: Uint8Array.from(chunks.flatMap((chunk) => Array.from(chunk))),
  }
}

test.each([0, 1, 4_095, 4_096, 4_097, 65_535, 65_536, 65_537, 200_000])(
  'reads %i bytes, whatever length was declared',
  async (size) => {
    for (const declared of [size, Infinity, 1, size + 1]) {
      const { all } = await lengthsAndBytes(byteStream(size).stream, declared)
      expect(Buffer.from(all).equals(Buffer.from(bytes(size)))).toBe(true)
    }
  },
)

test('fills chunks of 64 KiB, and the last as far as there is something', async () => {
  for (const declared of [200_000, Infinity]) {
    const { lengths } = await lengthsAndBytes(byteStream(200_000).stream, declared)
    expect(lengths).toEqual([65_536, 65_536, 65_536, 3_392])
  }
})

test('makes no single bytes of a body that says it has one', async () => {
  const { lengths } = await lengthsAndBytes(byteStream(10_000).stream, 1)
  expect(lengths).toEqual([4_096, 4_096, 1_808])
})

test('gives what is no stream of bytes as it comes', async () => {
  const parts = [bytes(3), bytes(100_000), bytes(5)]
  const stream = new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part)
      controller.close()
    },
  })
  const { lengths } = await lengthsAndBytes(stream, Infinity)
  expect(lengths).toEqual([3, 100_000, 5])
})

/** A body that had been left as it was kept its connection, and its sender went on for ever. */
test('cancels a body that is not read to its end', async () => {
  const { stream, cancelled } = byteStream(200_000)
  for await (const chunk of readChunks(stream, Infinity)) {
    expect(chunk.byteLength).toBe(65_536)
    break
  }
  expect(cancelled()).toBe(true)
})

test('fails as the body fails', async () => {
  const broken = new ReadableStream({
    type: 'bytes',
    start: (controller) => controller.enqueue(bytes(10)),
    pull: (controller) => controller.error(new Error('cut off')),
  })
  await expect(Array.fromAsync(readChunks(broken, Infinity))).rejects.toThrow('cut off')
})
