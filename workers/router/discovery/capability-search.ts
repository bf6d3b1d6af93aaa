import type { Context } from 'hono'

import { withinDeadline } from '#shared/deadline.ts'
import { log } from '#shared/log.ts'
import { asMeshError } from '#shared/problem.ts'

import type { RouterApp } from '../env.ts'
import { outliveCaller } from '../outlive-caller.ts'
import { RegistryStore } from '../registry/registry-store.ts'
import { snapshotOf } from '../registry/request-snapshot.ts'
import { documentsOf, textOf, type CapabilityDocument } from './documents.ts'
import { embedText, findEmbedder, type EmbedContext, type Embedder } from './embed-text.ts'
import { matchWords, wordsOf } from './match-words.ts'

/** A search waits this long for embeddings, then answers by words alone. */
const MEANING_MS = 2_000
/** Likewise for the database, then matches words in memory. */
const WORDS_MS = 1_000
/** Calls that one search makes to embed documents: a request on Workers' free plan may make 50 in all. */
const MAX_EMBEDDED = 32
/** A Worker holds six connections open at once; more would wait for each other. */
const AT_ONCE = 6
/** So long a text is left to the search that began to embed it, or that failed to. */
const LEFT_ALONE_MS = 5_000
/** Embeddings kept by an isolate: a few hundred numbers each. */
const MAX_KEPT = 4_096

/**
 * What a full match by words adds to the cosine. On the queries of test/clients/ard.test.ts both together
 * find what neither does alone.
 */
const WORDS_SHARE = 0.3
/** Words that most documents have score next to nothing; the best match counts in full only from here on. */
const TELLING_SCORE = 1
/** Half of what words can score: bm25 knows no most, and rare words of a small registry score about 3. */
const HALF_SCORE = 3

export interface Matches {
  /** `semantic`: by meaning and words; `lexical`: by words in D1; `memory`: by words, D1 being down too. */
  how: 'semantic' | 'lexical' | 'memory'
  /** Relevance of capabilities, 0 to 100; those that don't match at all are absent. */
  scores: ReadonlyMap<string, number>
}

/** Finds capabilities by what a caller wants in its own words. One an isolate: it keeps the documents' embeddings. */
export class CapabilitySearch {
  /** By embedder and text; null where the embedder knows no word of it. */
  readonly #kept = new Map<string, Float32Array | null>()
  /** When each text that is being embedded may be tried again. A Worker can't wait for another request's call. */
  readonly #begun = new Map<string, number>()

  /** Never fails because of a model or the database: what is down only makes it less clever. */
  async find(c: Context<RouterApp>, query: string): Promise<Matches> {
    const snapshot = await snapshotOf(c)
    const documents = documentsOf(snapshot)
    const embedder = findEmbedder(
      snapshot,
      { board: c.get('board'), deadlineMs: MEANING_MS },
      c.env.SEARCH_CAPABILITY,
    )
    const [byWords, byMeaning] = await Promise.all([
      this.#findByWords(c, documents, wordsOf(query)),
      embedder ? this.#findByMeaning(c, documents, query, embedder) : undefined,
    ])
    if (!byMeaning) {
      const { how, sums } = byWords
      return { how, scores: toScores(sums, (sum) => sum / (sum + HALF_SCORE)) }
    }
    const most = Math.max(...byWords.sums.values(), TELLING_SCORE)
    const cosines = [...byMeaning.values()]
    // what isn't embedded yet, in a large mesh, is neither found nor hidden by its meaning
    const typical = cosines.reduce((sum, value) => sum + value, 0) / cosines.length
    const mixed = documents.map(({ capability }): [string, number] => [
      capability,
      (byMeaning.get(capability) ?? typical) +
        (WORDS_SHARE * (byWords.sums.get(capability) ?? 0)) / most,
    ])
    return { how: 'semantic', scores: toScores(mixed, (sum) => sum / (1 + WORDS_SHARE)) }
  }

  async #findByWords(
    c: Context<RouterApp>,
    documents: readonly CapabilityDocument[],
    words: readonly string[],
  ): Promise<{ how: 'lexical' | 'memory'; sums: Map<string, number> }> {
    if (words.length === 0) return { how: 'lexical', sums: new Map() }
    try {
      const store = new RegistryStore(c.env)
      const found = await withinDeadline(() => store.matchModels(words), WORDS_MS, 'the search')
      const ready = new Set(documents.map(({ capability }) => capability))
      return { how: 'lexical', sums: new Map(found.filter(([name]) => ready.has(name))) }
    } catch (err) {
      log.warn('search_without_database', { message: asMeshError(err).message })
      return { how: 'memory', sums: matchWords(documents, words) }
    }
  }

  /** Cosines by capability; undefined when the query could not be embedded in time. */
  async #findByMeaning(
    c: Context<RouterApp>,
    documents: readonly CapabilityDocument[],
    query: string,
    embedder: Embedder,
  ): Promise<Map<string, number> | undefined> {
    const context = {
      env: c.env,
      board: c.get('board'),
      requestId: c.get('requestId'),
      trace: c.get('trace'),
    }
    const texts = documents.map(textOf)
    const filling = this.#fill(texts, embedder, context)
    // what comes too late for this search is there for the next
    c.executionCtx.waitUntil(filling)
    const asked = outliveCaller(c, embedText(embedder, query, MEANING_MS, context))
    try {
      const [wanted] = await withinDeadline(
        () => Promise.all([asked, filling]),
        MEANING_MS,
        'the search',
      )
      return this.#compare(documents, wanted, embedder)
    } catch (err) {
      const { code, message } = asMeshError(err)
      // a query of unknown words is nothing to mend
      if (code !== 'invalid_input') {
        log.warn('search_without_meaning', { code, message, request: context.requestId })
      }
      return undefined
    }
  }

  #compare(
    documents: readonly CapabilityDocument[],
    wanted: Float32Array,
    embedder: Embedder,
  ): Map<string, number> | undefined {
    const cosines = new Map<string, number>()
    for (const document of documents) {
      const own = this.#kept.get(keyOf(embedder, textOf(document)))
      if (own) cosines.set(document.capability, dot(own, wanted))
    }
    return cosines.size > 0 ? cosines : undefined
  }

  /** Embeds what isn't kept yet and no other search is at, a few texts at a time. Never rejects. */
  async #fill(texts: readonly string[], embedder: Embedder, context: EmbedContext): Promise<void> {
    const now = Date.now()
    if (this.#kept.size > MAX_KEPT) this.#kept.clear()
    for (const [key, until] of this.#begun) if (until <= now) this.#begun.delete(key)
    const missing = texts
      .map((text) => ({ text, key: keyOf(embedder, text) }))
      .filter(({ key }) => !this.#kept.has(key) && !this.#begun.has(key))
      .slice(0, MAX_EMBEDDED)
    for (const { key } of missing) this.#begun.set(key, now + LEFT_ALONE_MS)
    // one node, so that a text is one call: what it can't answer, a later search asks of another
    const one = { ...embedder, candidates: embedder.candidates.slice(0, 1) }
    const embedNext = async (): Promise<void> => {
      for (let next = missing.shift(); next !== undefined; next = missing.shift()) {
        const vector = await embedText(one, next.text, MEANING_MS, context).catch(neverCan)
        if (vector === undefined) return
        this.#kept.set(next.key, vector)
        this.#begun.delete(next.key)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, embedNext))
    // nobody got to these
    for (const { key } of missing) this.#begun.delete(key)
  }
}

/** null for a text that the model won't take, now or later; undefined for what may pass. */
function neverCan(err: unknown): null | undefined {
  const { status, retryable } = asMeshError(err)
  return status < 500 && !retryable ? null : undefined
}

function keyOf({ name }: Embedder, text: string): string {
  return `${name}\n${text}`
}

function dot(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return 0
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0)
}

function toScores(
  sums: Iterable<readonly [string, number]>,
  share: (sum: number) => number,
): Map<string, number> {
  const scored = Array.from(sums, ([name, sum]): [string, number] => [
    name,
    // what matches at all, however little, is not 0
    Math.ceil(100 * Math.min(1, Math.max(0, share(sum)))),
  ])
  return new Map(scored.filter(([, score]) => score > 0).toSorted((a, b) => b[1] - a[1]))
}
