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
  expect(await ask('/repeat')).toBe('done')
})

afterAll(async () => {
  await workerd.stop()
  await rm(dir, { recursive: true })
})

const ask = async (path: string) => (await fetch(`${workerd.url}${path}`)).text()

test.each([
  ['woken in a line', '/wait', '/wake', 'woken'],
  ['pushed out of a line', '/wait-low', '/push-out', 'shed'],
  ['given an answer', '/share', '/make', 'answer'],
])(
  'who is %s by another request goes on as itself, however often that was done',
  async (_, waits, settles, outcome) => {
    for (let i = 0; i < 5; i++) {
      expect(await Promise.all([ask(waits), ask(settles)])).toEqual([outcome, 'done'])
    }
  },
)
