import { expect, test } from 'vitest'

import { generateTypes } from './generate-types.ts'

const TEXT = { type: 'object', properties: { inputs: { type: 'string' } } }
const MEDIA = {
  type: 'object',
  properties: { inputs: { type: 'string', contentEncoding: 'base64' } },
}

/** The line of a mesh whose one capability takes `inputs` and answers `content`. */
function lineOf(content: object, inputs: object = TEXT, more: object = {}): string | undefined {
  const post = {
    summary: 'Tone',
    requestBody: { content: { 'application/json': { schema: inputs } } },
    responses: { 200: { content } },
  }
  const types = generateTypes({
    info: { version: '1' },
    paths: { '/infer/a/b': { post } },
    ...more,
  })
  return types
    .split('\n')
    .find((line) => line.includes('"a/b"'))
    ?.trim()
}
const answering = (schema: object) => ({ 'application/json': { schema } })

test('writes a module of one interface', () => {
  const post = {
    summary: 'Tone */ of\na sentence',
    requestBody: { content: { 'application/json': { schema: TEXT } } },
    responses: { 200: { content: answering({ type: 'number' }) } },
  }
  const paths = { '/infer/a/b': { post }, '/infer': { post }, '/models/{id}': { post } }
  expect(generateTypes({ info: { version: 'registry-7' }, paths })).toBe(
    [
      '/** Written by capillary-types from registry-7. */',
      "import type { Media } from '@capillary/client'",
      '',
      'export interface Mesh {',
      '  /** Tone * / of a sentence */',
      '  "a/b": { input: string; answer: number }',
      '}',
      '',
    ].join('\n'),
  )
})

test.each([
  [{ type: 'array', items: { type: 'string' } }, 'Array<string>'],
  [{ type: 'array', prefixItems: [{ type: 'number' }, { type: 'boolean' }] }, '[number, boolean]'],
  [{ anyOf: [{ type: 'integer' }, { type: 'null' }] }, 'number | null'],
  [{ type: ['string', 'null'] }, 'string | null'],
  [{ enum: ['a', 1] }, '"a" | 1'],
  [{ const: true }, 'true'],
  [{ type: 'object' }, 'Record<string, unknown>'],
  [
    { type: 'object', properties: { a: { type: 'string' }, 'b-c': {} }, required: ['a'] },
    '{ "a": string; "b-c"?: unknown }',
  ],
  [{ $ref: '#/components/schemas/Tone' }, 'boolean'],
  [{ $ref: '#/nowhere' }, 'unknown'],
  [{}, 'unknown'],
])('reads %j as %s', (schema, type) => {
  const components = { schemas: { Tone: { type: 'boolean' } } }
  expect(lineOf(answering(schema), TEXT, { components })).toBe(
    `"a/b": { input: string; answer: ${type} }`,
  )
})

test('ends where a schema refers to itself', () => {
  const components = {
    schemas: { Loop: { type: 'array', items: { $ref: '#/components/schemas/Loop' } } },
  }
  const line = lineOf(answering({ $ref: '#/components/schemas/Loop' }), TEXT, { components })
  expect(line).toContain('Array<unknown>')
})

test('says what one input is answered, where a list is answered by a list', () => {
  const one = { type: 'array', items: { type: 'number' } }
  const lists = { anyOf: [one, { type: 'array', items: one }] }
  expect(lineOf(answering(lists))).toBe('"a/b": { input: string; answer: Array<number> }')
  const either = { anyOf: [one, { type: 'array', items: { type: 'string' } }] }
  expect(lineOf(answering(either))).toContain('Array<number> | Array<string>')
})

test('takes media where the input is base64, and answers a Blob where it is a file', () => {
  expect(lineOf({ 'image/png': {} }, MEDIA)).toBe('"a/b": { input: Media; answer: Blob }')
  expect(lineOf({ 'image/png': {}, 'image/jpeg': {}, ...answering({ type: 'null' }) })).toBe(
    '"a/b": { input: string; answer: Blob | null }',
  )
})

test.each([{}, null, { paths: 3 }, { paths: { '/infer/a/b': null } }])(
  'writes no more than it knows of %j',
  (document) => {
    expect(generateTypes(document)).toContain('export interface Mesh {')
  },
)
