import { Hono, type Context } from 'hono'
import type { z } from 'zod'

import { withinDeadline } from '#shared/deadline.ts'
import { describeIssues } from '#shared/describe-issues.ts'
import { parseJson } from '#shared/json.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { answerErrorsAs } from '#shared/problem.ts'
import { readBody } from '#shared/read-body.ts'

import { requireKey } from '../authenticate.ts'
import type { RouterApp } from '../env.ts'
import { snapshotOf } from '../registry/request-snapshot.ts'
import { ExploreRequest, ListQuery, SearchRequest } from './ard-bodies.ts'
import { ardError } from './ard-error.ts'
import type { CapabilitySearch } from './capability-search.ts'
import { catalogueEntries, type IndexedEntry } from './catalogue-entries.ts'
import { documentsOf } from './documents.ts'
import { passes, valuesAt } from './entry-fields.ts'
import { matchWords, wordsOf } from './match-words.ts'

/** The longest query in words, and a filter: what is wrong in more would take longer to find than to answer. */
const MAX_BYTES = 16 * 1024
/** A caller that sends slowly waits for itself. */
const READ_MS = 10_000
/** A service leads to all capabilities, so it is worth this share of the best one. */
const SERVICE_SHARE = 0.5
const IDENTIFIER = /^urn:air:[a-zA-Z0-9.-]{1,253}(:[a-zA-Z0-9._-]{1,128}){1,8}$/

/** A registry as Agentic Resource Discovery has it: search by meaning, facets, list and look-up. */
export function searchRoutes(search: CapabilitySearch): Hono<RouterApp> {
  const app = new Hono<RouterApp>()
  for (const path of ['/search', '/explore', '/agents', '/agents/*'])
    app.use(path, answerErrorsAs(ardError))
  // it runs a model, as an inference does; what is only read is public, as the catalogue is
  app.use('/search', requireKey('infer'))

  app.post('/search', async (c) => {
    const { query, federation, pageSize, pageToken = 0 } = await readJson(c, SearchRequest)
    const { how, scores } = await search.find(c, query.text)
    const ofService = Math.round(Math.max(0, ...scores.values()) * SERVICE_SHARE)
    const source = new URL(c.req.url).origin
    const fitting = (await entriesOf(c)).filter(({ entry }) => passes(entry, query.filter))
    const scored = Array.from(fitting, ({ capability, entry }) => ({
      ...entry,
      score: capability === undefined ? ofService : (scores.get(capability) ?? 0),
      source,
    }))
      .filter(({ score }) => score > 0)
      .toSorted((a, b) => b.score - a.score)
    const page = pageOf(scored, pageToken, pageSize)
    c.header('mesh-search', how)
    return c.json({
      results: page.items,
      // there is nobody else to ask
      ...(federation === 'referrals' ? { referrals: [] } : {}),
      ...page.next,
    })
  })

  app.post('/explore', async (c) => {
    const { query, resultType } = await readJson(c, ExploreRequest)
    const found =
      query.text === undefined
        ? undefined
        : matchWords(documentsOf(await snapshotOf(c)), wordsOf(query.text))
    const entries = (await entriesOf(c)).filter(
      ({ capability, entry }) =>
        passes(entry, query.filter) &&
        (found === undefined || (capability !== undefined && found.has(capability))),
    )
    const facets = resultType.facets.map(({ field, limit, minCount }) => [
      field,
      facetOf(entries, field, limit, minCount),
    ])
    return c.json({ resultType: 'facets', facets: Object.fromEntries(facets) })
  })

  app.get('/agents', async (c) => {
    const parsed = ListQuery.safeParse(c.req.query())
    if (!parsed.success) throw new MeshError('invalid_request', describeIssues(parsed.error))
    const { pageSize, pageToken = 0 } = parsed.data
    const entries = (await entriesOf(c)).map(({ entry }) => entry)
    const page = pageOf(entries, pageToken, pageSize)
    return c.json({ items: page.items, total: entries.length, ...page.next })
  })

  app.get('/agents/:identifier', async (c) => {
    const identifier = c.req.param('identifier')
    if (!IDENTIFIER.test(identifier)) {
      throw new MeshError(
        'invalid_request',
        'the identifier must be like urn:air:<publisher>:<namespace>:<name>',
      )
    }
    const found = (await entriesOf(c)).find(({ entry }) => entry.identifier === identifier)
    if (found) return c.json(found.entry)
    throw new MeshError('not_found', `there is no ${identifier}; GET /agents lists all`)
  })
  return app
}

async function entriesOf(c: Context<RouterApp>): Promise<readonly IndexedEntry[]> {
  return catalogueEntries(documentsOf(await snapshotOf(c)), new URL(c.req.url).origin)
}

async function readJson<T>(c: Context<RouterApp>, schema: z.ZodType<T>): Promise<T> {
  const body = await withinDeadline(
    () => readBody(c.req.raw, MAX_BYTES, 'the query:'),
    READ_MS,
    'the query',
  )
  const parsed = schema.safeParse(parseJson(body, 'the query'))
  if (parsed.success) return parsed.data
  throw new MeshError('invalid_request', describeIssues(parsed.error))
}

function pageOf<T>(
  items: readonly T[],
  start: number,
  size: number,
): { items: readonly T[]; next: { pageToken?: string } } {
  const end = start + size
  return {
    items: items.slice(start, end),
    next: end < items.length ? { pageToken: String(end) } : {},
  }
}

function facetOf(
  entries: readonly IndexedEntry[],
  field: string,
  limit: number,
  minCount: number,
): unknown {
  const values = entries.flatMap(({ entry }) => [...new Set(valuesAt(entry, field))])
  const buckets = Array.from(
    Map.groupBy(values, (value) => value),
    ([value, { length }]) => ({ value, count: length }),
  )
    .filter(({ count }) => count >= minCount)
    .toSorted((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
  const otherCount = buckets.slice(limit).reduce((sum, { count }) => sum + count, 0)
  return { buckets: buckets.slice(0, limit), otherCount }
}
