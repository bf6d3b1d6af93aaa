/**
 * Agentic Resource Discovery: the rules of its published schemas and of its conformance tool, which isn't in any
 * package registry, tried as black-box checks; and how well the search finds what people ask for.
 */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { z } from 'zod'

const mesh = inject('mesh')

/** An entry as ARD's JSON Schema has it: exactly one of `url` and `data`, two to five queries. */
const entryShape = {
  identifier: z.string().regex(/^urn:air:[a-zA-Z0-9.-]+(:[a-zA-Z0-9._-]+)+$/),
  displayName: z.string().min(1),
  type: z.string().regex(/^[a-z]+\/[a-z0-9.+-]+(;.*)?$/),
  url: z.url().optional(),
  data: z.record(z.string(), z.unknown()).optional(),
  description: z.string().optional(),
  tags: z.array(z.string()).optional(),
  capabilities: z.array(z.string()).optional(),
  representativeQueries: z.array(z.string().min(1)).min(2).max(5),
  version: z.string().optional(),
  metadata: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .optional(),
  trustManifest: z
    .strictObject({
      identity: z.string(),
      identityType: z.enum(['spiffe', 'did', 'https', 'other']),
    })
    .optional(),
}
const oneOfUrlAndData = ({ url, data }: { url?: unknown; data?: unknown }) =>
  (url === undefined) !== (data === undefined)
const Entry = z.strictObject(entryShape).refine(oneOfUrlAndData)
const Catalogue = z.strictObject({
  specVersion: z.literal('1.0'),
  host: z.strictObject({ displayName: z.string(), documentationUrl: z.url() }),
  entries: z.array(Entry).min(1),
})
const Found = z.strictObject({
  results: z.array(
    z
      .strictObject({ ...entryShape, score: z.int().min(0).max(100), source: z.url() })
      .refine(oneOfUrlAndData),
  ),
  referrals: z.array(z.unknown()).optional(),
  pageToken: z.string().optional(),
})
const Listed = z.strictObject({
  items: z.array(Entry),
  total: z.int(),
  pageToken: z.string().optional(),
})

async function search(body: unknown) {
  const response = await fetch(`${mesh.url}/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${mesh.inferKey}` },
    body: JSON.stringify(body),
  })
  expect(response.status).toBe(200)
  const how = response.headers.get('mesh-search')
  return { how, ...Found.parse(await response.json()) }
}

describe('a publisher', () => {
  test.each(['ai-catalog.json', 'ard.json'])(
    'has a catalogue at %s that holds to the schema',
    async (name) => {
      const response = await fetch(`${mesh.url}/.well-known/${name}`)
      expect(response.headers.get('content-type')).toBe('application/json')
      const { entries } = Catalogue.parse(await response.json())
      const identifiers = entries.map(({ identifier }) => identifier)
      expect(new Set(identifiers).size).toBe(identifiers.length)
    },
  )

  test('refers to documents that are there', async () => {
    const { entries } = Catalogue.parse(
      await (await fetch(`${mesh.url}/.well-known/ard.json`)).json(),
    )
    const urls = new Set(entries.flatMap((entry) => entry.url ?? []))
    for (const url of urls) {
      const { status } = await fetch(url)
      // a search asks for a key first
      expect([url, status]).toEqual([url, url.endsWith('/search') ? 401 : 200])
    }
  })
})

describe('a registry', () => {
  test('searches, narrowed and by the page', async () => {
    const { results } = await search({
      query: {
        text: 'weather forecast tools',
        filter: { type: ['application/mcp-server-card+json'] },
      },
      federation: 'none',
      pageSize: 2,
    })
    expect(results.map(({ identifier }) => identifier.split(':').slice(3))).toEqual([
      ['service', 'mcp'],
    ])
  })

  test('lists, and looks up what it lists', async () => {
    const { items, total } = Listed.parse(
      await (await fetch(`${mesh.url}/agents?pageSize=100`)).json(),
    )
    expect(items).toHaveLength(total)
    const identifier = items[0]?.identifier ?? ''
    const found = await fetch(`${mesh.url}/agents/${encodeURIComponent(identifier)}`)
    expect(Entry.parse(await found.json())).toEqual(items[0])
  })

  test.each([
    ['urn:air:ard-conformance.invalid:probe:not-found', 404, 'NOT_FOUND'],
    ['not-a-valid-ard-urn', 400, 'INVALID_ARGUMENT'],
  ])('does not find %s', async (identifier, status, errorCode) => {
    const response = await fetch(`${mesh.url}/agents/${encodeURIComponent(identifier)}`)
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ errorCode, message: expect.any(String) })
  })

  test('explores', async () => {
    const response = await fetch(`${mesh.url}/explore`, {
      method: 'POST',
      body: JSON.stringify({
        query: { text: 'picture' },
        resultType: { facets: [{ field: 'type' }] },
      }),
    })
    expect(await response.json()).toMatchObject({
      resultType: 'facets',
      facets: { type: { buckets: [{ count: expect.any(Number) }] } },
    })
  })
})

type Question = [question: string, ...fitting: string[]]

/** What somebody may ask, and every capability that answers it. Weights of the search were chosen with these. */
const QUESTIONS: readonly Question[] = [
  ['which language is this text written in', 'text-classification/language'],
  ['detect the language of a sentence', 'text-classification/language'],
  ['is this email spam', 'text-classification/email-spam'],
  ['filter unwanted bulk mail', 'text-classification/email-spam'],
  ['junk mail', 'text-classification/email-spam'],
  ['find people in a photo', 'image-segmentation/person', 'object-detection/face'],
  ['read text from a scanned page', 'image-to-text/document'],
  ['remove the background of a picture', 'image-segmentation/person'],
  ['blur everything except the person in a video call', 'image-segmentation/person'],
  ['count the faces in an image', 'object-detection/face'],
  ['enlarge a small picture', 'image-to-image/super-resolution'],
  ['make a photo sharper and bigger', 'image-to-image/super-resolution'],
  ['what animal is in this photo', 'image-classification/imagenet'],
  ['when does somebody speak in this recording', 'voice-activity-detection/speech'],
  ['cut silence out of audio', 'voice-activity-detection/speech'],
  ['is anybody talking', 'voice-activity-detection/speech'],
  ['which programming language is this code', 'text-classification/programming-language'],
  ['guess the file extension of a source file', 'text-classification/programming-language'],
  ['how similar are two sentences', 'feature-extraction/english'],
  ['turn a paragraph into a vector', 'feature-extraction/english'],
  ['a sensor reports something unusual', 'tabular-classification/sensor-anomaly'],
  ['humidity and temperature outliers', 'tabular-classification/sensor-anomaly'],
  ['read the number on a one-line label', 'image-to-text/line'],
  ['OCR an invoice', 'image-to-text/document', 'image-to-text/line'],
]

/** Written after the weights were chosen, and asked for the first time when that was done. */
const HELD_OUT: readonly Question[] = [
  ['tell me in which tongue this paragraph is', 'text-classification/language'],
  ['is this letter an advert nobody asked for', 'text-classification/email-spam'],
  ['where are the faces', 'object-detection/face'],
  ['cut people out of their background', 'image-segmentation/person'],
  ['what can be seen on this photograph', 'image-classification/imagenet'],
  ['recognise a dog breed', 'image-classification/imagenet'],
  ['digitise printed pages', 'image-to-text/document'],
  ['transcribe one printed line', 'image-to-text/line'],
  ['double the resolution of an image', 'image-to-image/super-resolution'],
  ['find speech in an audio file', 'voice-activity-detection/speech'],
  ['is this file python or javascript', 'text-classification/programming-language'],
  ['compare the meaning of texts', 'feature-extraction/english'],
  ['alarm when the temperature rises unexpectedly', 'tabular-classification/sensor-anomaly'],
  ['upscale', 'image-to-image/super-resolution'],
  ['phishing', 'text-classification/email-spam'],
  ['embedding', 'feature-extraction/english'],
]

/** The embedder does not know it, so it is looked for as a word. */
const UNKNOWN_WORD = 'phishing'
const EMBEDDING = 'feature-extraction/english'

/** How many questions have a fitting capability first, and how many among the first three. */
async function judge(
  questions: readonly Question[],
  expected: 'semantic' | 'lexical',
): Promise<{ first: number; firstThree: number }> {
  let first = 0
  let firstThree = 0
  for (const [text, ...fitting] of questions) {
    const { how, results } = await search({ query: { text } })
    expect([text, how]).toEqual([text, text === UNKNOWN_WORD ? 'lexical' : expected])
    const found = results
      .flatMap(({ tags = [], capabilities = [] }) => (tags[0] === 'service' ? [] : capabilities))
      .slice(0, 3)
    const rank = found.findIndex((capability) => fitting.includes(capability))
    if (rank === 0) first++
    if (rank !== -1) firstThree++
    else console.log(`not among the first three (${expected}): ${text} → ${found.join(', ')}`)
  }
  console.log(`${expected}: ${first} of ${questions.length} first, ${firstThree} among three`)
  return { first, firstThree }
}

describe('a question', () => {
  test('is answered by meaning: 5 of 6 times the right capability comes first', async () => {
    const { first, firstThree } = await judge(QUESTIONS, 'semantic')
    expect(first).toBeGreaterThanOrEqual(20)
    expect(firstThree).toBeGreaterThanOrEqual(23)
  })

  test('that the search was not made for is answered too', async () => {
    const { first, firstThree } = await judge(HELD_OUT, 'semantic')
    expect(first).toBeGreaterThanOrEqual(13)
    expect(firstThree).toBeGreaterThanOrEqual(14)
  })

  describe('while no embedder is ready', () => {
    // what isn't ready is not found either
    const answerable = (questions: readonly Question[]) =>
      questions.filter((question) => !question.includes(EMBEDDING))
    const setState = async (state: 'ready' | 'draining') => {
      const headers = { authorization: `Bearer ${mesh.adminKey}` }
      const { deployments } = z
        .object({ deployments: z.array(z.object({ id: z.string(), modelId: z.string() })) })
        .parse(await (await fetch(`${mesh.url}/admin/deployments`, { headers })).json())
      for (const { id } of deployments.filter(({ modelId }) => modelId === 'text-embedder')) {
        const body = JSON.stringify({ state })
        const response = await fetch(`${mesh.url}/admin/deployments/${id}`, {
          method: 'PATCH',
          headers,
          body,
        })
        expect(response.status).toBe(200)
      }
    }
    beforeAll(() => setState('draining'))
    afterAll(() => setState('ready'))

    test('is answered by words, nearly as well', async () => {
      const { first, firstThree } = await judge(answerable(QUESTIONS), 'lexical')
      expect(first).toBeGreaterThanOrEqual(18)
      expect(firstThree).toBeGreaterThanOrEqual(19)
      const heldOut = await judge(answerable(HELD_OUT), 'lexical')
      expect(heldOut.first).toBeGreaterThanOrEqual(10)
    })
  })
})
