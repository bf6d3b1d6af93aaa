import { MeshError } from '#shared/mesh-error.ts'

import type { KeptAnswer } from './answer-cache.ts'
import { answerKey, type AskedParts } from './answer-key.ts'
import type { AnswerStore } from './answer-store.ts'
import type { CacheDirectives } from './cache-directives.ts'

/** An answer with how the cache came by it. */
export interface Remembered {
  answer: KeptAnswer
  /** `cache-status` (RFC 9211). */
  status: string
  /** Seconds since it was made, where it was kept. */
  age?: number
}

export interface Question {
  store: AnswerStore
  /** What was asked, and by whom. */
  asked: AskedParts
  /** The model that would answer: its version and the digests of what it runs. */
  model: string
  /** Of its answer; undefined where the caller wants it neither looked up nor kept. */
  key: string | undefined
  directives: CacheDirectives
  /** When the caller stops waiting, in ms since the epoch. */
  expiresAt: number
  /** Whether who made an answer is still believed: what a node said before it was found to lie is not given again. */
  isBelieved(maker: KeptAnswer['deployment']): boolean
}

/** The name of this cache in `cache-status`. */
const CACHE = 'capillary'

/**
 * What is known of the question already: an answer that was kept, or one that is on its way for another
 * request of the same caller. Throws `not_cached` where the caller wants nothing else.
 */
export async function recall(
  { store, key, directives, expiresAt, isBelieved }: Question,
  now: number,
): Promise<Remembered | undefined> {
  if (key === undefined || directives.noCache) return undefined
  const kept = store.answers.find(key, now)
  const isFresh = kept && kept.ageMs <= (directives.maxAge ?? Infinity) * 1_000
  if (isFresh && isBelieved(kept.answer.deployment)) {
    const age = Math.floor(kept.ageMs / 1_000)
    return { answer: kept.answer, status: `${CACHE}; hit`, age }
  }
  if (directives.onlyIfCached) {
    throw new MeshError('not_cached', 'no answer to this is kept, and only-if-cached is asked for')
  }
  const flight = store.flights.find(key)
  if (!flight) return undefined
  const answer = await soonerOf(flight, expiresAt - now)
  return answer && { answer, status: `${CACHE}; fwd=uri-miss; collapsed` }
}

/** Announces that this request makes the answer; undefined where its answer is for itself alone. */
export function announce({
  store,
  key,
  directives,
}: Question): ReturnType<AnswerStore['flights']['begin']> | undefined {
  if (key === undefined || directives.noCache) return undefined
  return store.flights.begin(key)
}

/** Keeps an answer that was made for this request; what `cache-status` tells of it. */
export async function keep(
  question: Question,
  model: string,
  answer: KeptAnswer,
  now: number,
): Promise<string> {
  const { store, asked, directives } = question
  const why = directives.noCache ? 'request' : 'uri-miss'
  if (question.key === undefined) return `${CACHE}; fwd=${why}`
  // another model than was expected has answered
  const key = model === question.model ? question.key : await answerKey(asked, model)
  const stored = store.answers.keep(key, answer, now)
  return `${CACHE}; fwd=${why}${stored ? '; stored' : ''}`
}

/** Waits no longer than the caller would; who waits in vain asks for itself. */
async function soonerOf<T>(flight: Promise<T | undefined>, ms: number): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<undefined>((resolve) => {
    // half of the time that is left stays for asking itself
    timer = setTimeout(() => resolve(undefined), Math.max(0, ms / 2))
  })
  try {
    return await Promise.race([flight, late])
  } finally {
    clearTimeout(timer)
  }
}
