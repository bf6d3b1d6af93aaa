import { expect, test } from 'vitest'

import { modelEntry } from '../workers/router/registry/registry-fixture.ts'
import { MAX_BATCH } from './task-inputs.ts'
import { readTaskCall } from './task-input.ts'

const encode = (text: string) => new TextEncoder().encode(text)
const plain = (text: string) => ({ mediaType: 'text/plain', bytes: encode(text) })

/** What a model that takes `accepts` reads of a body; the limit is 1,000 bytes. */
function read(body: unknown, accepts: string[] = ['text/plain'], type = 'application/json') {
  const { manifest } = modelEntry({ accepts })
  const bytes = body instanceof Uint8Array ? body : encode(JSON.stringify(body))
  return readTaskCall(
    new Request('http://node/', {
      method: 'POST',
      headers: type === '' ? {} : { 'content-type': type },
      body: new Uint8Array(bytes),
    }),
    manifest,
  )
}

test('reads one text, or a list of them in its order', async () => {
  expect((await read({ inputs: 'a' })).input).toEqual(plain('a'))
  expect((await read({ inputs: ['b', 'a'] })).input).toEqual([plain('b'), plain('a')])
  expect((await read({ inputs: ['a'] })).input).toEqual([plain('a')])
})

test('takes what stands beside the inputs for parameters, and null for nothing', async () => {
  const { parameters } = await read({ inputs: 'a', normalize: true, x: null, parameters: { y: 1 } })
  expect(parameters).toEqual({ normalize: true, y: 1 })
})

test('makes CSV of a table, under either name that clients have for it', async () => {
  const csv = { mediaType: 'text/csv', bytes: encode('a,b\n1,x\n') }
  const columns = { a: [1], b: ['x'] }
  expect((await read({ inputs: { data: columns } }, ['text/csv'])).input).toEqual(csv)
  expect((await read({ table: columns }, ['text/csv'])).input).toEqual(csv)
})

test('takes text in JSON for plain text where the model takes that as well', async () => {
  const accepts = ['message/rfc822', 'text/plain']
  expect((await read({ inputs: 'a' }, accepts)).input).toEqual(plain('a'))
  expect((await read({ inputs: 'a' }, ['message/rfc822'])).input).toEqual({
    mediaType: 'message/rfc822',
    bytes: encode('a'),
  })
})

test('knows bytes without a type by their signature', async () => {
  const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)
  for (const type of ['', 'application/octet-stream']) {
    const { input } = await read(jpeg, ['image/png', 'image/jpeg'], type)
    expect(input).toEqual({ mediaType: 'image/jpeg', bytes: jpeg })
  }
})

test.each<[string, Uint8Array, string[], string, string]>([
  ['bytes of an unknown type', encode('hello'), ['image/png'], '', 'media_type_unsupported'],
  [
    'bytes of a type that it does not take',
    Uint8Array.of(0xff, 0xd8, 0xff),
    ['image/png'],
    '',
    'media_type_unsupported',
  ],
  [
    'bytes of unknown type for a text',
    encode('hello'),
    ['text/plain'],
    '',
    'media_type_unsupported',
  ],
  ['a type told wrongly', encode('hello'), ['image/png'], 'image/gif', 'media_type_unsupported'],
  ['no bytes', new Uint8Array(0), ['image/png'], '', 'invalid_input'],
  ['more bytes than the limit', new Uint8Array(1_001), ['image/png'], '', 'payload_too_large'],
])('refuses %s', async (_, body, accepts, type, code) => {
  await expect(read(body, accepts, type)).rejects.toMatchObject({ code })
})

test.each<[string, unknown, string[], string, RegExp]>([
  ['an empty list', { inputs: [] }, ['text/plain'], 'invalid_request', /0 texts; it may have 1/],
  [
    'too long a list',
    { inputs: Array(MAX_BATCH + 1).fill('a') },
    ['text/plain'],
    'invalid_request',
    /2049 texts/,
  ],
  ['a number in a list', { inputs: ['a', 1] }, ['text/plain'], 'invalid_request', /inputs\[1\]/],
  [
    'an empty text in a list',
    { inputs: ['a', ''] },
    ['text/plain'],
    'invalid_input',
    /inputs\[1\]/,
  ],
  [
    'texts that are too long together',
    { inputs: ['a'.repeat(600), 'b'.repeat(600)] },
    ['text/plain'],
    'payload_too_large',
    /1200 bytes/,
  ],
  ['a list of media', { inputs: ['AAAA'] }, ['image/png'], 'invalid_input', /one input at a time/],
  ['a table', { inputs: { data: { a: ['b'] } } }, ['text/plain'], 'invalid_input', /no table/],
  [
    'a table that is no table',
    { inputs: { data: ['a'] } },
    ['text/csv'],
    'invalid_request',
    /inputs/,
  ],
  [
    'a table beside inputs',
    { inputs: 'a', table: { a: ['b'] } },
    ['text/csv'],
    'invalid_request',
    /inputs/,
  ],
  [
    'a parameter in two places',
    { inputs: 'a', top_k: 1, parameters: { top_k: 2 } },
    ['text/plain'],
    'invalid_request',
    /'top_k'.*once/,
  ],
  ['no inputs', { parameters: {} }, ['text/plain'], 'invalid_request', /inputs/],
  ['inputs of no kind', { inputs: 5 }, ['text/plain'], 'invalid_request', /inputs must be/],
])('refuses %s', async (_, body, accepts, code, message) => {
  await expect(read(body, accepts)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  })
})
