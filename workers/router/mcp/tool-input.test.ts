import { expect, test } from 'vitest'

import { inputSchemaOf, readToolInput } from './tool-input.ts'

const MAIL = ['message/rfc822', 'text/plain']
const sent = (args: unknown, types: readonly string[]) => {
  const { contentType, body } = readToolInput(args, types)
  return [contentType, new TextDecoder().decode(body)]
}

test('sends a text as plain text, also where a mail comes first', () => {
  expect(sent({ text: 'hello' }, MAIL)).toEqual(['text/plain', 'hello'])
  expect(sent({ text: 'a,b' }, ['text/csv'])).toEqual(['text/csv', 'a,b'])
  expect(sent({ text: 'hello', mimeType: 'message/rfc822' }, MAIL)).toEqual([
    'message/rfc822',
    'hello',
  ])
})

test('refuses to say what a text is beside parameters, where it could not be carried', () => {
  const parameters = { top_k: 1 }
  expect(sent({ text: 'hello', parameters }, MAIL)[0]).toBe('application/json')
  expect(sent({ text: 'hello', parameters, mimeType: 'text/plain' }, MAIL)[0]).toBe(
    'application/json',
  )
  expect(() => sent({ text: 'hello', parameters, mimeType: 'message/rfc822' }, MAIL)).toThrow(
    /leave out the mimeType/,
  )
})

test('tells in its schema what an untold input is taken for', () => {
  expect(inputSchemaOf(MAIL)).toMatchObject({
    properties: { mimeType: { description: expect.stringContaining('text/plain unless') } },
  })
})

test('takes a file in base64, also from a data URL, and nothing that is none', () => {
  const png = { data: 'data:image/png;base64,AAEC' }
  expect(readToolInput(png, ['image/png']).body).toEqual(Uint8Array.of(0, 1, 2))
  expect(() => readToolInput({ data: 'https://x.y/z.png' }, ['image/png'])).toThrow(/base64/)
})
