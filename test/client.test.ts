/** The client of client/ against the running mesh, from Node and from inside workerd. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, expectTypeOf, inject, test } from 'vitest'

import { generateTypes } from '../client/generate-types.ts'
import {
  CapillaryError,
  createClient,
  textsOf,
  type Client,
  type Media,
  type Tensor,
} from '../client/index.ts'
import { runWorker, type RunningWorker } from '../scripts/mesh/run-worker.ts'
import { MODELS_DIR, OUTPUT_DIR, ROOT } from '../scripts/paths.ts'

const shared = inject('mesh')

/** What capillary-types writes of these capabilities. */
interface Mesh {
  'text-classification/language': {
    input: string
    answer: { label: string; score: number }[]
  }
  'feature-extraction/english': { input: string; answer: number[] }
  'object-detection/face': {
    input: Media
    answer: { label: string; score: number; box: { xmin: number } }[]
  }
  'image-to-image/super-resolution': { input: Media; answer: Blob }
}

const mesh: Client<Mesh> = createClient<Mesh>({ url: shared.url, key: shared.inferKey })

async function exampleFile(model: string, file: string, type: string): Promise<Blob> {
  const bytes = await readFile(join(MODELS_DIR, model, 'examples', file))
  return new Blob([bytes], { type })
}
async function failureOf(call: Promise<unknown>): Promise<CapillaryError> {
  const err: unknown = await call.catch((reason: unknown) => reason)
  if (err instanceof CapillaryError) return err
  throw new Error('no CapillaryError', { cause: err })
}

describe('from Node', () => {
  test('asks a text capability, and is told who answered', async () => {
    const { answer, meta } = await mesh.inferWithMeta(
      'text-classification/language',
      'Bom dia a todos.',
      { parameters: { top_k: 1 } },
    )
    expect(answer).toEqual([{ label: 'por', score: expect.any(Number) }])
    expect(meta.model).toMatch(/^language-id@/)
    expect(meta.node).toBe('mesh-language-id')
    expect(meta.route).toMatch(/^edge\/mesh-language-id;.*;ok;/)
    expect(meta.requestId).toMatch(/^[\w-]{36}$/)
  })

  test('asks of a list of texts, in its order', async () => {
    const answers = await mesh.infer('text-classification/language', [
      'Bom dia a todos.',
      'Ich hätte gern eine Tasse Kaffee und ein Brötchen.',
    ])
    expectTypeOf(answers).toEqualTypeOf<{ label: string; score: number }[][]>()
    expect(answers.map(([best]) => best?.label)).toEqual(['por', 'deu'])
  })

  test('gets a file as a Blob', async () => {
    const picture = await exampleFile('image-upscaler', 'flower.png', 'image/png')
    const answer = await mesh.infer('image-to-image/super-resolution', picture)
    expect(answer.type).toBe('image/png')
    const head = new Uint8Array(await answer.slice(0, 4).arrayBuffer())
    expect(Array.from(head)).toEqual([0x89, 0x50, 0x4e, 0x47])
  })

  test('gets the same for a picture sent raw and in base64', async () => {
    const picture = await exampleFile('text-line-ocr', 'invoice.png', 'image/png')
    const any = createClient({ url: shared.url, key: shared.inferKey })
    const raw = await any.infer('image-to-text/line', picture)
    const encoded = await any.infer('image-to-text/line', await picture.arrayBuffer())
    expect(raw).toEqual(encoded)
    expect(raw).toEqual([
      { generated_text: expect.stringContaining('Invoice'), score: expect.any(Number) },
    ])
  })

  test('pins a model and a place', async () => {
    const { meta } = await mesh.inferWithMeta('text-classification/language', 'Bom dia.', {
      model: 'language-id',
      placement: 'native',
    })
    expect(meta).toMatchObject({ node: 'native' })
  })

  test.each([
    [
      'a capability that is not known',
      'text-classification/langauge',
      {},
      404,
      'capability_unknown',
    ],
    [
      'a parameter that is not known',
      'text-classification/language',
      { parameters: { k: 1 } },
      400,
      'invalid_request',
    ],
    [
      'a model that is not known',
      'text-classification/language',
      { model: 'nobody' },
      404,
      'model_unknown',
    ],
  ] as const)('throws what the mesh says of %s', async (_, capability, options, status, code) => {
    const any = createClient({ url: shared.url, key: shared.inferKey })
    const err = await failureOf(any.infer(capability, 'Bom dia.', options))
    expect(err).toMatchObject({ status, code, retryable: false, attempts: 1 })
    expect(err.requestId).not.toBeNull()
    expect(err.message).toMatch(/^.{10,}$/)
  })

  test('tells the nearest capabilities of one that is not known', async () => {
    const any = createClient({ url: shared.url, key: shared.inferKey })
    const err = await failureOf(any.infer('text-classification/langauge', 'x'))
    expect(err.problem?.nearest).toContain('text-classification/language')
  })

  test.each([
    ['no key', undefined],
    ['a key that is not known', 'cap_'.padEnd(47, 'x')],
  ])('throws unauthenticated with %s', async (_, key) => {
    const client = createClient({ url: shared.url, ...(key === undefined ? {} : { key }) })
    const err = await failureOf(client.infer('text-classification/language', 'x'))
    expect(err).toMatchObject({ status: 401, code: 'unauthenticated', attempts: 1 })
  })

  test('ends by the deadline of the mesh when it is too short', async () => {
    const known = await exampleFile('image-upscaler', 'boats.png', 'image/png')
    // an answer that is kept is in time, so one that nobody can have asked for: what follows a PNG's end is no part of it
    const picture = new Blob([known, crypto.randomUUID()], { type: known.type })
    const call = mesh.infer('image-to-image/super-resolution', picture, { deadlineMs: 1 })
    expect(await failureOf(call)).toMatchObject({ code: 'deadline_exceeded' })
  })

  test('says that a mesh which is not there is unreachable, after its retries', async () => {
    const nobody = createClient({ url: 'http://127.0.0.1:9', retries: 1 })
    expect(await failureOf(nobody.infer('a/b', 'x'))).toMatchObject({
      code: 'unreachable',
      retryable: true,
      attempts: 2,
    })
  })
})

describe('tensors', () => {
  const zeros: Tensor = { datatype: 'FP32', shape: [2, 620], data: new Float32Array(1_240) }

  test('go in and come out binary, and are the same as in JSON', async () => {
    const options = { id: '7', outputs: ['probabilities'] }
    const binary = await mesh.tensors('language-id', { frequencies: zeros }, options)
    expect(binary).toMatchObject({ model: 'language-id', id: '7' })
    const { probabilities } = binary.outputs
    expect(probabilities).toMatchObject({ datatype: 'FP32', shape: [2, 50] })
    expect(probabilities?.data).toBeInstanceOf(Float32Array)
    const json = await mesh.tensors(
      'language-id',
      { frequencies: zeros },
      { ...options, binary: false },
    )
    expect(json.outputs).toEqual(binary.outputs)
  })

  test('of 64-bit integers and floats together', async () => {
    const { outputs } = await mesh.tensors('text-embedder', {
      ids: { datatype: 'INT64', shape: [1, 3], data: BigInt64Array.of(5n, 6n, 7n) },
      weights: { datatype: 'FP32', shape: [1, 3], data: Float32Array.of(1, 1, 1) },
    })
    expect(outputs.embedding).toMatchObject({ datatype: 'FP32', shape: [1, 100] })
  })

  test('are answered as the likeliest classes when asked', async () => {
    const { outputs } = await mesh.tensors(
      'language-id',
      { frequencies: zeros },
      { classification: { probabilities: 2 } },
    )
    const { probabilities } = outputs
    expect(probabilities && textsOf(probabilities)).toEqual(
      Array.from({ length: 4 }, () => expect.stringMatching(/^[\d.e-]+:\d+:[a-z]{3}$/)),
    )
  })

  test.each([
    ['of the wrong shape', { datatype: 'FP32', shape: [1, 3], data: new Float32Array(3) }],
    ['of the wrong datatype', { datatype: 'INT32', shape: [1, 620], data: new Int32Array(620) }],
  ] satisfies [string, Tensor][])('%s are refused in a sentence', async (_, tensor) => {
    const err = await failureOf(mesh.tensors('language-id', { frequencies: tensor }))
    expect(err).toMatchObject({ retryable: false, attempts: 1 })
    expect([400, 422]).toContain(err.status)
    expect(err.message).toContain('frequencies')
  })

  test('of a model that is not known are refused by its name', async () => {
    const err = await failureOf(mesh.tensors('nobody', { frequencies: zeros }))
    expect(err).toMatchObject({ status: 404, code: 'model_unknown' })
  })

  test('are described, and known to be ready', async () => {
    expect(await mesh.metadata('language-id')).toMatchObject({
      name: 'language-id',
      inputs: [{ name: 'frequencies', datatype: 'FP32', shape: [-1, 620] }],
    })
    expect(await mesh.ready()).toBe(true)
    expect(await mesh.ready('language-id')).toBe(true)
    await expect(mesh.ready('nobody')).rejects.toMatchObject({ code: 'model_unknown' })
  })
})

test('the types that are written of this mesh are those used here', async () => {
  const document: unknown = await (await fetch(`${shared.url}/openapi.json`)).json()
  const types = generateTypes(document)
  for (const line of [
    '"text-classification/language": { input: string; answer: Array<{ "label": string; "score": number }> }',
    '"feature-extraction/english": { input: string; answer: Array<number> }',
    '"image-to-image/super-resolution": { input: Media; answer: Blob }',
    '"object-detection/face": { input: Media; answer: Array<{ "label": string; "score": number; "box": { "xmin": number; "ymin": number; "xmax": number; "ymax": number } }> }',
  ]) {
    expect(types).toContain(line)
  }
})

describe('from inside workerd', () => {
  let worker: RunningWorker
  beforeAll(async () => {
    worker = await runWorker({
      configPath: join(ROOT, 'test', 'fixtures', 'client-worker', 'wrangler.toml'),
      port: 0,
      readyPath: '/',
      registryDir: join(OUTPUT_DIR, 'test', 'client-worker'),
      vars: { MESH_URL: shared.url, MESH_KEY: shared.inferKey },
    })
  })
  afterAll(() => worker.stop())

  test('asks, runs tensors, throws and aborts as in Node', async () => {
    expect(await (await fetch(worker.url)).json()).toMatchObject({
      answer: expect.arrayContaining([{ label: 'por', score: expect.any(Number) }]),
      inputs: [{ name: 'frequencies', datatype: 'FP32', shape: [-1, 620] }],
      classes: [expect.stringMatching(/^[\d.e-]+:\d+:[a-z]{3}$/), expect.anything()],
      error: {
        code: 'capability_unknown',
        status: 404,
        attempts: 1,
        message: expect.stringContaining('text-classification/langauge'),
      },
      reason: 'left',
      ready: true,
    })
  })
})
