/** The official client of Hugging Face's inference API, unmodified, against the router and against a node. */
import { join } from 'node:path'

import { InferenceClient, InferenceClientProviderApiError } from '@huggingface/inference'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'

import { decodeBase64 } from '#shared/base64.ts'
import { isPng, readImageHeader } from '#shared/media/image-header.ts'
import { findDifference } from '#shared/within-tolerance.ts'

import { exampleInput } from '../../scripts/mesh/example-input.ts'
import { runNativeNode, type RunningNode } from '../../scripts/mesh/run-native-node.ts'
import { MODELS_DIR, OUTPUT_DIR } from '../../scripts/paths.ts'
import { readModelFolders } from '../../workers/native/model-folders.ts'

const mesh = inject('mesh')
const client = new InferenceClient(mesh.inferKey)
const folders = new Map(readModelFolders(MODELS_DIR).map((folder) => [folder.id, folder]))
const FRENCH = 'Ceci est une phrase écrite en français.'

let node: RunningNode
// without the router's key it answers a client that calls it straight
beforeAll(async () => {
  node = await runNativeNode({})
})
afterAll(() => node.stop())

/** A model's first golden example, or the one of that name: what goes in and what comes out. */
async function golden(id: string, name?: string) {
  const folder = folders.get(id)
  const example = folder?.manifest.examples.find((own) => name === undefined || own.name === name)
  if (!folder || !example) throw new Error(`${id} has no example ${name}`)
  const { mediaType, bytes } = await exampleInput(example, folder, join(OUTPUT_DIR, 'cache'))
  const plain = new Uint8Array(bytes)
  return {
    text: new TextDecoder().decode(plain),
    blob: new Blob([plain], { type: mediaType }),
    untyped: new Blob([plain]),
    buffer: plain.buffer,
    expectSame: async (answer: unknown, expected: unknown = example.expected) =>
      expect(await findDifference(answer, expected, example.tolerance)).toBeUndefined(),
  }
}

/** What the client sends for whom no task of it fits; it warns that it will not do so for ever. */
async function ask(args: Record<string, unknown>): Promise<unknown> {
  vi.spyOn(console, 'warn').mockImplementation(() => {})
  // as: its types know only the bodies of its own tasks
  return client.request(args as Parameters<typeof client.request>[0]).finally(vi.restoreAllMocks)
}

async function refusal(call: Promise<unknown>): Promise<InferenceClientProviderApiError> {
  const err: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (err instanceof InferenceClientProviderApiError) return err
  throw new Error('the call was not refused', { cause: err })
}

describe.each(['router', 'node'])('the %s', (server) => {
  const at = (id: string) => `${server === 'router' ? mesh.url : node.url}/models/${id}`

  test('classifies a text', async () => {
    const { text, expectSame } = await golden('language-id')
    const answer = await client.textClassification({
      endpointUrl: at('language-id'),
      inputs: text,
    })
    await expectSame(answer)
  })

  test('classifies a text into as many classes as it is asked for', async () => {
    const classify = (id: string, topK: number) =>
      client.textClassification({
        endpointUrl: at(id),
        inputs: FRENCH,
        parameters: { top_k: topK },
      })
    expect(await classify('language-id', 1)).toEqual([
      { label: 'fra', score: expect.closeTo(1, 1) },
    ])
    expect(await classify('email-spam', 1)).toHaveLength(1)
    expect(await classify('email-spam', 5)).toHaveLength(2)
  })

  test('gives the embedding of a text, and one for each of a list', async () => {
    const endpointUrl = at('text-embedder')
    const { text, expectSame } = await golden('text-embedder')
    const one = await client.featureExtraction({ endpointUrl, inputs: text })
    await expectSame(one)
    const both = await client.featureExtraction({ endpointUrl, inputs: ['a cat', text] })
    expect(both).toHaveLength(2)
    expect(both[1]).toEqual(one)
    const asked = { endpointUrl, inputs: text, normalize: true, truncate: false, dimensions: 100 }
    expect(await client.featureExtraction(asked)).toEqual(one)
  })

  test('detects objects, in a file whose type is told and in one that is not', async () => {
    const endpointUrl = at('face-detector')
    const { blob, untyped, expectSame } = await golden('face-detector')
    await expectSame(await client.objectDetection({ endpointUrl, inputs: blob }))
    await expectSame(await client.objectDetection({ endpointUrl, inputs: untyped }))
  })

  test('classifies a picture', async () => {
    const { untyped, expectSame } = await golden('image-classifier')
    await expectSame(
      await client.imageClassification({ endpointUrl: at('image-classifier'), inputs: untyped }),
    )
  })

  test('segments a picture, which the client sends in base64', async () => {
    const endpointUrl = at('person-segmenter')
    const { blob, expectSame } = await golden('person-segmenter')
    await expectSame(await client.imageSegmentation({ endpointUrl, inputs: blob }))
    const [person] = await client.imageSegmentation({
      endpointUrl,
      inputs: blob,
      parameters: { threshold: 0.4, mask_threshold: 0.5, subtask: 'semantic' },
    })
    expect(person?.label).toBe('person')
    expect(isPng(decodeBase64(person?.mask ?? ''))).toBe(true)
  })

  test('reads a line of text', async () => {
    const { untyped } = await golden('text-line-ocr', 'an amount')
    const answer = await client.imageToText({ endpointUrl: at('text-line-ocr'), inputs: untyped })
    expect(answer).toMatchObject({ generated_text: 'Total: 1,284.50 EUR' })
  })

  test('reads a page as one text of all its lines', async () => {
    const folder = folders.get('document-ocr')
    const lines = folder?.manifest.examples[0]?.expected as { generated_text: string }[] // as: of its task
    const { blob } = await golden('document-ocr')
    const answer = await client.imageToText({ endpointUrl: at('document-ocr'), inputs: blob })
    const text = String(answer.generated_text)
    expect(text.split('\n')).toHaveLength(lines.length)
    expect(text).toContain(lines[0]?.generated_text)
  })

  test('makes a picture of a picture', async () => {
    const { blob, untyped, buffer } = await golden('image-upscaler', 'a flower')
    const before = readImageHeader(new Uint8Array(buffer), 'before')
    for (const inputs of [blob, untyped]) {
      const made = await client.imageToImage({ endpointUrl: at('image-upscaler'), inputs })
      expect(made.type).toBe('image/png')
      expect(readImageHeader(await made.bytes(), 'after')).toMatchObject({
        width: 2 * before.width,
        height: 2 * before.height,
      })
    }
  })

  test('classifies the rows of a table, each by the number of its class', async () => {
    const { text } = await golden('sensor-anomaly', 'an event begins indoors')
    const [header = [], ...rows] = text
      .trim()
      .split('\n')
      .map((line) => line.split(','))
    const data = Object.fromEntries(
      header.map((name, i) => [name, rows.map((cells) => cells[i] ?? '')]),
    )
    const classes = await client.tabularClassification({
      endpointUrl: at('sensor-anomaly'),
      inputs: { data },
    })
    expect(classes).toEqual([...Array(12).fill(0), ...Array(8).fill(1)])
  })

  test('finds speech, asked by hand since the client has no such task', async () => {
    const { buffer, expectSame } = await golden('silero-vad')
    const answer = await ask({ endpointUrl: at('silero-vad'), data: buffer })
    await expectSame(answer)
  })

  test('serves a client that is bound to an endpoint', async () => {
    const bound = client.endpoint(at('language-id'))
    const [first] = await bound.textClassification({ inputs: FRENCH })
    expect(first?.label).toBe('fra')
  })

  test('names the parameter that it does not know', async () => {
    const err = await refusal(
      client.textClassification({
        endpointUrl: at('language-id'),
        inputs: FRENCH,
        parameters: { function_to_apply: 'none' },
      }),
    )
    expect(err.httpResponse.status).toBe(400)
    expect(err.message).toContain('function_to_apply')
    const prompted = await refusal(
      client.featureExtraction({
        endpointUrl: at('text-embedder'),
        inputs: 'cat',
        prompt_name: 'query',
      }),
    )
    expect(prompted.message).toContain('prompt_name')
  })

  test.each<[string, string, Record<string, unknown>, number, RegExp]>([
    ['an empty text', 'language-id', { inputs: '' }, 422, /empty/],
    ['a text without letters', 'language-id', { inputs: '123' }, 422, /no letters/],
    ['an empty list', 'text-embedder', { inputs: [] }, 400, /0 texts/],
    ['a list with an empty text', 'text-embedder', { inputs: ['cat', ''] }, 422, /inputs\[1\]/],
    ['a list with a number', 'text-embedder', { inputs: ['cat', 5] }, 400, /inputs\[1\]/],
    ['a list of pictures', 'face-detector', { inputs: ['aaaa', 'aaaa'] }, 422, /one input/],
    ['no inputs', 'language-id', {}, 400, /inputs/],
    ['a table for a text', 'language-id', { inputs: { data: { a: ['b'] } } }, 422, /no table/],
    [
      'columns of two lengths',
      'sensor-anomaly',
      { inputs: { data: { humidity: ['1', '2'], temperature: ['1'] } } },
      422,
      /'temperature' has 1 cells/,
    ],
    [
      'a cell with a comma',
      'sensor-anomaly',
      { inputs: { data: { humidity: ['1,5'], temperature: ['1'] } } },
      422,
      /'humidity', row 0/,
    ],
  ])('refuses %s with a sentence', async (_, id, args, status, message) => {
    const err = await refusal(ask({ endpointUrl: at(id), ...args }))
    expect(err.httpResponse.status).toBe(status)
    expect(err.message).toMatch(message)
  })

  test('refuses bytes that are of no type it takes', async () => {
    const noise = new Blob([Uint8Array.of(1, 2, 3, 4)])
    const err = await refusal(
      client.objectDetection({ endpointUrl: at('face-detector'), inputs: noise }),
    )
    expect(err.httpResponse.status).toBe(415)
    const { untyped } = await golden('silero-vad')
    const sound = await refusal(
      client.objectDetection({ endpointUrl: at('face-detector'), inputs: untyped }),
    )
    expect(sound.message).toContain('audio/wav')
  })

  test('refuses a model it does not have', async () => {
    const err = await refusal(
      client.textClassification({ endpointUrl: at('languages-id'), inputs: FRENCH }),
    )
    expect(err.httpResponse.status).toBe(404)
  })
})

describe('the router', () => {
  test.each(['language-id@1', 'text-classification/language'])(
    'takes %s for an endpoint',
    async (name) => {
      const endpointUrl = `${mesh.url}/models/${name}`
      const [first] = await client.textClassification({ endpointUrl, inputs: FRENCH })
      expect(first?.label).toBe('fra')
    },
  )

  test('takes the pipeline that the hub’s own addresses name, and no other', async () => {
    const at = (task: string) => `${mesh.url}/models/text-embedder/pipeline/${task}`
    const endpointUrl = at('feature-extraction')
    expect(await client.featureExtraction({ endpointUrl, inputs: 'cat' })).toHaveLength(100)
    const err = await refusal(
      client.featureExtraction({ endpointUrl: at('sentence-similarity'), inputs: 'cat' }),
    )
    expect(err.httpResponse.status).toBe(400)
  })

  test('refuses a wrong key, and one that may not infer', async () => {
    const endpointUrl = `${mesh.url}/models/language-id`
    for (const [key, status] of [
      [`cap_${'x'.repeat(43)}`, 401],
      [mesh.adminKey, 403],
      ['', 401],
    ] as const) {
      const other = new InferenceClient(key)
      const err = await refusal(other.textClassification({ endpointUrl, inputs: FRENCH }))
      expect(err.httpResponse.status).toBe(status)
      expect(err.message).toMatch(/key/)
    }
  })
})
