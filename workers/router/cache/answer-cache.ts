import type { Deployment } from '../registry/snapshot.ts'

/** An answer that was held whole, with what is told of it. */
export interface KeptAnswer {
  contentType: string
  headers: Readonly<Record<string, string>>
  body: Uint8Array<ArrayBuffer>
  etag: string
  /** Who made it. */
  model: string
  node: string
  deployment: Pick<Deployment, 'id' | 'target'>
}

/** Of the 128 MB that an isolate has for everything. */
const MAX_BYTES = 16 * 1024 * 1024
/** One large answer must not drive out thousands of small ones. */
const MAX_ANSWER_BYTES = 256 * 1024
/** The key, the record and the Map's own share, roughly. */
const OVERHEAD_BYTES = 512

interface Entry {
  answer: KeptAnswer
  keptAt: number
}

/** Answers by their key, those asked for longest ago driven out first. Plain data: every request of the isolate may read it. */
export class AnswerCache {
  readonly #entries = new Map<string, Entry>()
  #bytes = 0

  /** Bytes held, by estimate. */
  get bytes(): number {
    return this.#bytes
  }

  /** The answer and its age in ms. */
  find(key: string, now: number): { answer: KeptAnswer; ageMs: number } | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return { answer: entry.answer, ageMs: Math.max(0, now - entry.keptAt) }
  }

  /** Keeps it, unless it is too large; whether it did. What its body was read into may be larger than the body, and isn't kept. */
  keep(key: string, answer: KeptAnswer, now: number): boolean {
    if (answer.body.byteLength > MAX_ANSWER_BYTES) return false
    this.#drop(key)
    this.#entries.set(key, { answer: { ...answer, body: exactly(answer.body) }, keptAt: now })
    this.#bytes += sizeOf(answer)
    while (this.#bytes > MAX_BYTES) {
      const [oldest] = this.#entries.keys()
      if (oldest === undefined) break
      this.#drop(oldest)
    }
    return true
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key)
    if (!entry) return
    this.#entries.delete(key)
    this.#bytes -= sizeOf(entry.answer)
  }
}

function exactly(body: KeptAnswer['body']): KeptAnswer['body'] {
  return body.byteLength === body.buffer.byteLength ? body : body.slice()
}

function sizeOf({ body }: KeptAnswer): number {
  return body.byteLength + OVERHEAD_BYTES
}
