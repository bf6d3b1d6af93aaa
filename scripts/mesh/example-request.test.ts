import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { beforeAll, expect, test } from 'vitest'

import type { Example } from '#shared/manifest.ts'
import { readTaskCall } from '#shared/task-input.ts'

import { modelEntry } from '../../workers/router/registry/registry-fixture.ts'
import { sha256 } from '../build/digest.ts'
import { exampleRequest } from './example-request.ts'

const BYTES = Uint8Array.of(0x89, 0x50, 0xff)
const MAIL = 'Subject: ünsent\r\n\r\nhello'
let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'capillary-request-'))
  await writeFile(join(dir, 'a.png'), BYTES)
  await writeFile(join(dir, 'a.eml'), MAIL)
})

/** What a node reads of the request that is made for an example of a model that takes `mediaType`. */
async function received(
  mediaType: string,
  input: Example['input'],
  parameters?: Record<string, unknown>,
) {
  const { manifest } = modelEntry({ accepts: [mediaType] })
  const example: Example = { name: 'one', input, parameters, expected: [], tolerance: 0 }
  const request = await exampleRequest(example, { id: 'tone', path: dir, manifest }, dir)
  const posted = new Request('http://node/models/tone', { method: 'POST', ...request })
  return readTaskCall(posted, manifest)
}
const file = (path: string, bytes: Uint8Array, mediaType: string): Example['input'] => ({
  file: { type: 'file', path, sha256: sha256(bytes) },
  mediaType,
})
const encode = (text: string) => new TextEncoder().encode(text)

test.each<[string, string, Example['input'], Uint8Array]>([
  ['a text', 'text/plain', { text: 'größer' }, encode('größer')],
  ['a picture', 'image/png', file('a.png', BYTES, 'image/png'), BYTES],
  [
    'a mail, which JSON carries as text',
    'message/rfc822',
    file('a.eml', encode(MAIL), 'message/rfc822'),
    encode(MAIL),
  ],
  ['a mail written in the manifest', 'message/rfc822', { text: MAIL }, encode(MAIL)],
])('sends %s whole, with its parameters or without', async (_, mediaType, input, bytes) => {
  expect(await received(mediaType, input)).toEqual({
    input: { mediaType, bytes },
    parameters: {},
  })
  // they were once left out in the node contract and on the public endpoint: both then checked the default
  expect(await received(mediaType, input, { top_k: 3 })).toEqual({
    input: { mediaType, bytes },
    parameters: { top_k: 3 },
  })
})

test('refuses a file that is not the one the manifest names', async () => {
  const other = file('a.png', Uint8Array.of(1), 'image/png')
  await expect(received('image/png', other, { top_k: 3 })).rejects.toThrow(
    'a.png is not what the manifest names',
  )
})
