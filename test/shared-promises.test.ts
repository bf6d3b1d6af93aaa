/** What requests of one isolate wait for of each other, in workerd, which runs each in a context of its own. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { bundleWorker } from '../scripts/build/admit/bundle-worker.ts'
import { startWorkerd, type Workerd } from '../scripts/build/admit/start-workerd.ts'
import { ROOT } from '../scripts/paths.ts'

let dir: string
let workerd: Workerd

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'waiting-'))
  const entry = join(ROOT, 'test/fixtures/waiting-worker.ts')
  workerd = await startWorkerd(await bundleWorker(entry, { id: 'none', dir }, dir), dir)
  // V8 then knows it all by heart, as it does after minutes of load
  await ask('/repeat')
})

afterAll(async () => {
  await workerd.stop()
  await rm(dir, { recursive: true })
})

const ask = async (path: string) => (await fetch(`${workerd.url}${path}`)).text()
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('who is woken in a line by another request goes on as itself, however often that was done', async () => {
  for (let i = 0; i < 5; i++) {
    const waiting = ask('/wait')
    await sleep(50)
    await ask('/wake')
    expect(await waiting).toBe('/wait')
  }
})

test('who is given what another request makes goes on as itself, however often that was done', async () => {
  for (let i = 0; i < 5; i++) {
    const making = ask('/make')
    await sleep(20)
    expect(await Promise.all([ask('/recall'), making])).toEqual(['/recall', '/make'])
  }
})
