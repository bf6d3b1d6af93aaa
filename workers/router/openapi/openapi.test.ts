import { expect, test } from 'vitest'

import type { AnswerMediaType } from '#shared/media-answer.ts'

import { createRouter } from '../create-router.ts'
import { openApi } from './openapi.ts'
import { modelEntry, rows } from '../registry/registry-fixture.ts'
import { compileSnapshot, type ModelEntry } from '../registry/snapshot.ts'

const BYTES = { schema: { type: 'string', format: 'binary' } }

interface Document {
  paths: Record<string, Record<string, { responses: Record<string, unknown> }>>
  components: { schemas: Record<string, unknown> }
}

function documentOf(models: ModelEntry[]): Document {
  // as: an OpenAPI document
  return openApi(compileSnapshot(rows({ models, deployments: [] }))) as Document
}

/** The paths of a mesh of one model for each of `produced`, which answers that. */
function pathsOf(...produced: (AnswerMediaType[] | undefined)[]): Document['paths'] {
  const models = produced.map((produces, i) =>
    modelEntry({ id: `m${i}`, capability: `task/d${i}`, ...(produces ? { produces } : {}) }),
  )
  return documentOf(models).paths
}
const answering = (content: unknown) => ({ post: { responses: { 200: { content } } } })
const contentAt = (path: string) => [path, 'post', 'responses', '200', 'content']

/** What a capability of one model answers. */
function answerOf(overrides: Parameters<typeof modelEntry>[0]): unknown {
  const { paths } = documentOf([modelEntry(overrides)])
  const [path = ''] = Object.keys(paths)
  return paths[path]
}

test('has every address of the router', () => {
  const named = (path: string) => path.replaceAll(/:\w+(\{[^}]*\})?|\{\w+\}/g, '*')
  const documented = new Set(
    Object.entries(documentOf([modelEntry()]).paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${named(path)}`),
    ),
  )
  const routed = createRouter()
    .routes.filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method} ${named(path)}`)
    .filter((address) => address !== 'POST /infer/*/*')
  expect(routed.filter((address) => !documented.has(address))).toEqual([])
})

test('refers only to schemas that it has', () => {
  const document = documentOf([modelEntry()])
  const references = JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g)
  const names = new Set(Array.from(references, ([, name]) => name))
  expect(names).toEqual(new Set(Object.keys(document.components.schemas)))
})

test('tells an operation of its own for each capability, whatever its task', () => {
  const ids = ['a-b/c', 'a/b-c'].map((capability, i) => modelEntry({ id: `m${i}`, capability }))
  const operations = JSON.stringify(documentOf(ids)).matchAll(/"operationId":"([^"]+)"/g)
  const names = Array.from(operations, ([, name]) => name)
  expect(new Set(names).size).toBe(names.length)
})

test('promises no answer of a kind that cannot be: errors are in the shape of their protocol', () => {
  const { paths } = documentOf([modelEntry()])
  const errorOf = (path: string, method: string) =>
    JSON.stringify(paths[path]?.[method]?.responses['401'])
  expect(errorOf('/infer', 'post')).toContain('application/problem+json')
  expect(errorOf('/v2/models/{name}/infer', 'post')).toContain('OipError')
  expect(errorOf('/v1/embeddings', 'post')).toContain('OpenAiError')
  expect(errorOf('/models/{id}', 'post')).toContain('HuggingFaceError')
  expect(errorOf('/models/{id}', 'get')).toContain('schemas/Problem')
  expect(errorOf('/mcp', 'post')).toContain('JsonRpcError')
  expect(paths['/health']?.get?.responses).not.toHaveProperty('401')
})

// it was once said to answer JSON only
test('says that the envelope is answered by whatever a model of the mesh answers', () => {
  const paths = pathsOf(undefined, ['image/png'], ['audio/wav', 'image/png'])
  expect(paths).toMatchObject({
    '/infer': answering({
      'application/json': { schema: {} },
      'image/png': BYTES,
      'audio/wav': BYTES,
    }),
    '/infer/task/d0': answering({ 'application/json': {} }),
    '/infer/task/d1': answering({ 'image/png': BYTES }),
  })
})

test('promises no JSON and no example where all models answer files', () => {
  const paths = pathsOf(['image/png'])
  expect(paths).toHaveProperty(contentAt('/infer'), { 'image/png': BYTES })
  expect(paths).toHaveProperty(contentAt('/infer/task/d0'), { 'image/png': BYTES })
})

test('gives the answer of a capability an example, and that of the envelope none', () => {
  const paths = pathsOf(undefined)
  const example = [{ label: 'good', score: 1 }]
  expect(paths).toHaveProperty(
    [...contentAt('/infer/task/d0'), 'application/json', 'example'],
    example,
  )
  expect(paths).toHaveProperty(contentAt('/infer'), { 'application/json': { schema: {} } })
})

test('gives the answer the shape of its task, and a list of it where a list of texts is taken', () => {
  const one = {
    type: 'array',
    items: { type: 'object', required: ['label', 'score'] },
  }
  const schema = { anyOf: [one, { type: 'array', items: one }] }
  expect(answerOf({})).toMatchObject(answering({ 'application/json': { schema } }))
  expect(
    answerOf({ capability: 'image-classification/tone', accepts: ['image/png'] }),
  ).toMatchObject(answering({ 'application/json': { schema: one } }))
})

test("narrows a task of several shapes to that of the model's examples", () => {
  const [example] = modelEntry().manifest.examples
  if (!example) throw new Error('a manifest has examples')
  const vectors = Array.from({ length: 3 }, () => ({ ...example, expected: [0.5, 0.25] }))
  const overrides = { capability: 'feature-extraction/tone', accepts: ['audio/wav'] }
  const numbers = { type: 'array', items: { type: 'number' } }
  expect(answerOf({ ...overrides, examples: vectors })).toMatchObject(
    answering({ 'application/json': { schema: numbers } }),
  )
  expect(answerOf(overrides)).toMatchObject(
    answering({ 'application/json': { schema: { anyOf: [numbers, { items: numbers }] } } }),
  )
})

test.each([
  ['text', ['text/plain'], { anyOf: [{ type: 'string' }, { type: 'array' }] }],
  ['a table', ['text/csv'], { anyOf: [{}, {}, { required: ['data'] }] }],
  ['media', ['image/png'], { type: 'string', contentEncoding: 'base64' }],
])('says what a model of %s takes as inputs', (_, accepts, inputs) => {
  expect(answerOf({ accepts })).toMatchObject({
    post: {
      requestBody: {
        content: {
          'application/json': { schema: { properties: { inputs }, required: ['inputs'] } },
        },
      },
    },
  })
})
