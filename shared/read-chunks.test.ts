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

const LIMIT = 1024 * 1024

async function allOf(stream: ReadableStream, declared: number | undefined, limit = LIMIT) {
  const reader = readChunks(stream, { declared, limit })
  const chunks: Uint8Array[] = []
  for (let chunk = await reader.read(); chunk; chunk = await reader.read()) chunks.push(chunk)
  // whoever asks once more is told the same
  expect(await reader.read()).toBeUndefined()
  return chunks
}

async function lengthsAndBytes(stream: ReadableStream, declared: number | undefined) {
  const chunks = await allOf(stream, declared)
  return {
    lengths: chunks.map((chunk) => chunk.byteLength),
    all: Uint8Array.from(chunks.flatMap((chunk) => Array.from(chunk))),
  }
}

test.each([0, 1, 4_095, 4_096, 4_097, 65_535, 65_536, 65_537, 200_000])(
  'reads %i bytes, whatever length was declared',
  async (size) => {
    for (const declared of [size, undefined, 0, 1, size + 1]) {
      const { all } = await lengthsAndBytes(byteStream(size).stream, declared)
      expect(Buffer.from(all).equals(Buffer.from(bytes(size)))).toBe(true)
    }
  },
)

test('fills chunks of 64 KiB, and the last as far as there is something', async () => {
  const { lengths } = await lengthsAndBytes(byteStream(200_000).stream, 200_000)
  expect(lengths).toEqual([65_536, 65_536, 65_536, 3_392])
})

test('begins small and doubles where no length was declared', async () => {
  const { lengths } = await lengthsAndBytes(byteStream(200_000).stream, undefined)
  expect(lengths).toEqual([4_096, 4_096, 8_192, 16_384, 32_768, 65_536, 65_536, 3_392])
})

/** As workerd has it: it waits until there are enough, or no more. */
function asWorkerd(stream: ReadableStream) {
  let reads = 0
  let cancels = 0
  const reader = stream.getReader({ mode: 'byob' })
  const readAtLeast = async (least: number, room: Uint8Array<ArrayBuffer>) => {
    reads++
    let filled = 0
    let view = room
    while (filled < least) {
      const { done, value } = await reader.read(view.subarray(filled))
      if (value) view = new Uint8Array(value.buffer)
      if (done) break
      filled += value.byteLength
    }
    return { done: filled === 0, value: view.subarray(0, filled) }
  }
  // as: of a stream only this is asked for
  return {
    stream: {
      getReader: () => ({ readAtLeast, cancel: async () => void cancels++ }),
    } as unknown as ReadableStream,
    counts: () => ({ reads, cancels }),
  }
}

/** Each read leaves something behind in workerd, and those for the end alone were half of them. */
test.each([
  [0, 1],
  [92, 1],
  [5_000, 1],
  [200_000, 4],
])('a body of %i bytes that says so takes %i reads of workerd', async (size, expected) => {
  const { stream, counts } = asWorkerd(byteStream(size).stream)
  const { all } = await lengthsAndBytes(stream, size)
  expect(Buffer.from(all).equals(Buffer.from(bytes(size)))).toBe(true)
  // and it is told of the end, or it would keep the connection
  expect(counts()).toEqual({ reads: expected, cancels: 1 })
})

test('takes one byte more than the limit and no other, whatever was declared', async () => {
  for (const declared of [undefined, 10, 4_999]) {
    const stream: ReadableStream = new ReadableStream({
      type: 'bytes',
      start: (controller) => controller.enqueue(bytes(6_000)),
    })
    const reader = readChunks(stream, { declared, limit: 5_000 })
    let size = 0
    for (let chunk = await reader.read(); chunk && size <= 5_000;) {
      size += chunk.byteLength
      if (size <= 5_000) chunk = await reader.read()
    }
    expect(size).toBe(5_001)
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
  const { lengths } = await lengthsAndBytes(stream, undefined)
  expect(lengths).toEqual([3, 100_000, 5])
})

/** A body that had been left as it was kept its connection, and its sender went on for ever. */
test('cancels a body that is not read to its end', async () => {
  const { stream, cancelled } = byteStream(200_000)
  const reader = readChunks(stream, { declared: undefined, limit: LIMIT })
  expect((await reader.read())?.byteLength).toBe(4_096)
  await reader.cancel()
  expect(cancelled()).toBe(true)
})

test('fails as the body fails', async () => {
  const broken = new ReadableStream({
    type: 'bytes',
    start: (controller) => controller.enqueue(bytes(10)),
    pull: (controller) => controller.error(new Error('cut off')),
  })
  await expect(allOf(broken, undefined)).rejects.toThrow('cut off')
})

test('gives what there is where no more is waited for', async () => {
  const parts: ReadableStream = new ReadableStream({
    type: 'bytes',
    pull: (controller) => controller.enqueue(bytes(10)),
  })
  const reader = readChunks(parts, { declared: undefined, limit: LIMIT })
  expect((await reader.readSome())?.byteLength).toBe(10)
  expect((await reader.read())?.byteLength).toBe(4_096)
})

/** Each piece had kept the 64 KiB it was read into. */
test('holds little more than the pieces, for whoever collects them as they come', async () => {
  const { stream } = byteStream(200_000)
  const reader = readChunks(stream, { declared: undefined, limit: LIMIT })
  const pieces: Uint8Array[] = []
  for (let piece = await reader.readSome(); piece; piece = await reader.readSome()) {
    pieces.push(piece)
  }
  const held = pieces.reduce((sum, { buffer }) => sum + buffer.byteLength, 0)
  expect(pieces.length).toBeGreaterThan(100)
  expect(held).toBeLessThan(2 * 200_000)
})

test('doubles what it reads of a body that is longer than it said', async () => {
  const { lengths } = await lengthsAndBytes(byteStream(60_000).stream, 10)
  expect(lengths).toEqual([4_096, 4_096, 8_192, 16_384, 27_232])
})

test('can be cancelled while its sender makes it wait', async () => {
  const silent: ReadableStream = new ReadableStream({ type: 'bytes' })
  const reader = readChunks(silent, { declared: 10, limit: LIMIT })
  const waiting = reader.read()
  await reader.cancel()
  expect(await waiting).toBeUndefined()
})
