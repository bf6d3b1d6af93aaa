/** What a compressed body costs in workerd, whose streams inflate without waiting for who reads. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDeflate, createGzip, deflateSync, gzipSync } from 'node:zlib'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { bundleWorker } from '../scripts/build/admit/bundle-worker.ts'
import { startWorkerd, type Workerd } from '../scripts/build/admit/start-workerd.ts'
import { ROOT } from '../scripts/paths.ts'

const MB = 1024 * 1024
/** The body, what came of it within the limit, and one piece more that was inflated already. */
const MOST_MORE_BYTES = 96 * MB

let dir: string
let workerd: Workerd

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'inflate-'))
  const entry = join(ROOT, 'test/fixtures/inflating-worker.ts')
  workerd = await startWorkerd(await bundleWorker(entry, { id: 'none', dir }, dir), dir)
})

afterAll(async () => {
  await workerd.stop()
  await rm(dir, { recursive: true })
})

async function send(body: Buffer, encoding: string): Promise<unknown> {
  const headers = { 'content-encoding': encoding }
  const response = await fetch(workerd.url, { method: 'POST', body: new Uint8Array(body), headers })
  return response.json()
}

/** So many megabytes of nothing, compressed; they are never all in memory. */
async function bomb(stream: ReturnType<typeof createGzip>, megabytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  const nothing = Buffer.alloc(MB)
  for (let i = 0; i < megabytes; i++) if (!stream.write(nothing)) await once(stream, 'drain')
  stream.end()
  await once(stream, 'end')
  return Buffer.concat(chunks)
}

/** Most memory the process ever had. */
async function peakBytes(): Promise<number> {
  const status = await readFile(`/proc/${workerd.pid}/status`, 'utf8')
  return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1]) * 1024
}

test.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
] as const)('reads %s up to the limit, and says what is damaged', async (encoding, compress) => {
  const whole = compress(randomBytes(4 * MB))
  expect(await send(whole, encoding)).toEqual({ bytes: 4 * MB })
  expect(await send(compress(Buffer.alloc(16 * MB)), encoding)).toEqual({ bytes: 16 * MB })
  expect(await send(compress(Buffer.alloc(0)), encoding)).toEqual({ bytes: 0 })
  const damaged = { code: 'invalid_request' }
  expect(await send(whole.subarray(0, MB), encoding)).toEqual(damaged)
  expect(await send(randomBytes(MB), encoding)).toEqual(damaged)
})

// the peak is told by Linux only
test.skipIf(process.platform !== 'linux').each([
  ['gzip', createGzip],
  ['deflate', createDeflate],
] as const)('a gigabyte in a megabyte of %s is never held', async (encoding, create) => {
  const before = await peakBytes()
  expect(await send(await bomb(create(), 1_024), encoding)).toEqual({ code: 'payload_too_large' })
  expect((await peakBytes()) - before).toBeLessThan(MOST_MORE_BYTES)
})
