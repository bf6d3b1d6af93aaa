import { expect, test } from 'vitest'

import { encodePng } from './media/encode-png.ts'
import { sniffMediaType } from './sniff-media-type.ts'

const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0))

test('knows pictures and sound by their first bytes', () => {
  const png = encodePng({ width: 1, height: 1, channels: 1, data: new Uint8Array(1) })
  expect(sniffMediaType(png)).toBe('image/png')
  expect(sniffMediaType(bytes('\xff\xd8\xff\xe0\0\x10JFIF'))).toBe('image/jpeg')
  expect(sniffMediaType(bytes('RIFF\x24\0\0\0WAVEfmt '))).toBe('audio/wav')
})

test.each([
  ['nothing', ''],
  ['a part of a signature', '\x89PNG'],
  ['RIFF of another form', 'RIFF\x24\0\0\0WEBPVP8 '],
  ['RIFF that ends before its form', 'RIFF\x24\0\0\0'],
  ['a signature that is not at the start', ' \xff\xd8\xff'],
  ['a page', '<!doctype html>'],
])('says nothing of %s', (_, text) => {
  expect(sniffMediaType(bytes(text))).toBeUndefined()
})
