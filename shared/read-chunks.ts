/** As much as is read at once. */
const MOST_BYTES = 64 * 1024
/** Not less, whatever length was declared: one that lies must not make single bytes of it. */
const LEAST_BYTES = 4 * 1024

type Chunk = Uint8Array<ArrayBuffer>

const NOTHING: Chunk = new Uint8Array(0)

export interface ChunkReader {
  /** The next chunk, never an empty one, as large as it may be; undefined at the end. */
  read(): Promise<Chunk | undefined>
  /** What there is of the next chunk as soon as there is anything. */
  readSome(): Promise<Chunk | undefined>
  /** Tells the sender that nothing more is wanted, also while a chunk is waited for: that read then ends or fails. */
  cancel(reason?: unknown): Promise<void>
}

export interface ExpectedBytes {
  /** How many it says it has. */
  declared: number | undefined
  /** How many it may have; of a stream of bytes that has more, one more is read. */
  limit: number
}

/**
 * The body in chunks as large as there is something to fill them. In workerd each read costs a turn of the event loop
 * and leaves something behind for its collector, so a body that says how long it is and fits into one chunk takes one. A
 * body that isn't a stream of bytes comes as it is made.
 */
export function readChunks(body: ReadableStream<Chunk>, expected: ExpectedBytes): ChunkReader {
  const reader = byteReaderOf(body)
  return reader ? new FilledChunks(reader, expected) : new ChunksAsMade(body.getReader())
}

class FilledChunks implements ChunkReader {
  readonly #reader: ReadableStreamBYOBReader
  readonly #expected: ExpectedBytes
  #given = 0
  #ended = false

  constructor(reader: ReadableStreamBYOBReader, expected: ExpectedBytes) {
    this.#reader = reader
    this.#expected = expected
  }

  async read(): Promise<Chunk | undefined> {
    if (this.#ended) return undefined
    const size = this.#sizeOfNext()
    const chunk = await fill(this.#reader, emptyChunk(size))
    if (chunk.byteLength < size) this.#end()
    return this.#give(chunk)
  }

  async readSome(): Promise<Chunk | undefined> {
    if (this.#ended) return undefined
    const { done, value } = await this.#reader.read(emptyChunk(this.#sizeOfNext()))
    if (done) this.#ended = true
    return this.#give(trim(value ?? NOTHING))
  }

  cancel(reason?: unknown): Promise<void> {
    return this.#reader.cancel(reason)
  }

  #give(chunk: Chunk): Chunk | undefined {
    this.#given += chunk.byteLength
    return chunk.byteLength > 0 ? chunk : undefined
  }

  /** Until it hears of the end, workerd keeps what the body came from, a connection; with fewer bytes it doesn't say so. */
  #end(): void {
    this.#ended = true
    void this.#reader.cancel().catch(() => {})
  }

  /** One byte more than there should be, so that the end shows in the same read. */
  #sizeOfNext(): number {
    const { declared, limit } = this.#expected
    const given = this.#given
    // of unknown length, or longer than it said: twice as much each time
    const isKnown = declared !== undefined && given <= declared
    const rest = isKnown ? declared + 1 - given : given
    return Math.min(Math.max(rest, LEAST_BYTES), MOST_BYTES, Math.max(limit + 1 - given, 1))
  }
}

/**
 * As many bytes as there is room for; fewer are the last. workerd does it in one read. The standard's own way, `min`,
 * fails where the body has ended with fewer, so Node reads piece by piece.
 */
async function fill(reader: ReadableStreamBYOBReader, room: Chunk): Promise<Chunk> {
  if ('readAtLeast' in reader) {
    const { value } = await reader.readAtLeast(room.byteLength, room)
    return value ?? NOTHING
  }
  return fillByPieces(reader, room)
}

async function fillByPieces(
  reader: Pick<ReadableStreamBYOBReader, 'read'>,
  room: Chunk,
): Promise<Chunk> {
  const size = room.byteLength
  let chunk = room
  let filled = 0
  while (filled < size) {
    const { done, value } = await reader.read(chunk.subarray(filled))
    // a stream that was cancelled keeps what it was lent
    if (!value) return NOTHING
    // the buffer comes back as another object
    chunk = new Uint8Array(value.buffer)
    if (done) break
    filled += value.byteLength
  }
  return chunk.subarray(0, filled)
}

class ChunksAsMade implements ChunkReader {
  readonly #reader: ReadableStreamDefaultReader<Chunk>

  constructor(reader: ReadableStreamDefaultReader<Chunk>) {
    this.#reader = reader
  }

  async read(): Promise<Chunk | undefined> {
    for (;;) {
      const { done, value } = await this.#reader.read()
      if (done) return undefined
      if (value.byteLength > 0) return value
    }
  }

  readSome(): Promise<Chunk | undefined> {
    return this.read()
  }

  cancel(reason?: unknown): Promise<void> {
    return this.#reader.cancel(reason)
  }
}

/** A piece that is small for its buffer, in one of its own: who collects pieces would keep 64 KiB for each byte. */
function trim(piece: Chunk): Chunk {
  return piece.byteLength * 2 < piece.buffer.byteLength ? piece.slice() : piece
}

function emptyChunk(size: number): Chunk {
  return new Uint8Array(new ArrayBuffer(size))
}

function byteReaderOf(body: ReadableStream<Chunk>): ReadableStreamBYOBReader | undefined {
  try {
    return body.getReader({ mode: 'byob' })
  } catch (err) {
    // what a stream says that isn't one of bytes; one that is being read already says it again below
    if (err instanceof TypeError) return undefined
    throw err
  }
}
