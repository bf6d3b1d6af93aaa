import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { beforeAll, expect, test } from 'vitest'

import type { FileMediaType } from '#shared/media-answer.ts'
import { MediaAnswer } from '#shared/media-answer.ts'

import { modelEntry } from '../../workers/router/registry/registry-fixture.ts'
import { sha256 } from '../build/digest.ts'
import { expectedAnswer } from './expected-answer.ts'
import { readAnswer } from './read-answer.ts'

const BYTES = Uint8Array.of(0x89, 0x50, 0xff)
let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'capillary-expected-'))
  await writeFile(join(dir, 'a.png'), BYTES)
})

/** What an example of a model that produces `produces` is expected to be answered with. */
function expectedOf(expected: unknown, produces?: FileMediaType[]): Promise<unknown> {
  const { manifest } = modelEntry(produces ? { produces } : {})
  const [first] = manifest.examples
  if (!first) throw new Error('a manifest has examples')
  return expectedAnswer({ ...first, expected }, { id: 'tone', path: dir, manifest }, dir)
}
const media = (digest: string, path = 'a.png') => ({
  media: { file: { type: 'file', path, sha256: digest }, mediaType: 'image/png' },
})

test('gives JSON as it is written', async () => {
  expect(await expectedOf([{ label: 'good' }])).toEqual([{ label: 'good' }])
})

test('gives the file that an example names', async () => {
  expect(await expectedOf(media(sha256(BYTES)), ['image/png'])).toEqual(
    new MediaAnswer('image/png', BYTES),
  )
})

test('refuses a file that is another one, or missing', async () => {
  await expect(expectedOf(media('0'.repeat(64)), ['image/png'])).rejects.toThrow(
    '[tone] a.png is not what the manifest names',
  )
  await expect(expectedOf(media('0'.repeat(64), 'b.png'), ['image/png'])).rejects.toThrow(
    '[tone] there is no file b.png',
  )
})

test('refuses JSON of a model that answers pictures, and says how to record one', async () => {
  await expect(expectedOf([], ['image/png'])).rejects.toThrow('npm run examples -- tone')
})

test('reads an answer back as the codec gave it', async () => {
  const picture = new Response(BYTES, { headers: { 'content-type': 'image/png' } })
  expect(await readAnswer(picture)).toEqual(new MediaAnswer('image/png', BYTES))
  expect(await readAnswer(Response.json({ code: 'internal' }))).toEqual({ code: 'internal' })
})
