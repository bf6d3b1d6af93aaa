import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { beforeAll, expect, test } from 'vitest'

import { evaluate } from './evaluate.ts'

let evaluationsDir: string

beforeAll(async () => {
  evaluationsDir = await mkdtemp(join(tmpdir(), 'capillary-eval-'))
  const sources = {
    'code-language': "export default () => Promise.reject(new Error('it takes python3 with pip'))",
    'email-spam': 'export const evaluation = 1',
    'language-id': `export default async ({ model }) => {
      const bytes = new TextEncoder().encode('Ceci est une phrase écrite en français.')
      const [first] = await model.predict({ mediaType: 'text/plain', bytes }, {})
      return [{ metric: 'right', value: first.label === 'fra' ? 1 : 0, n: 1, on: 'one sentence' }]
    }`,
  }
  for (const [id, source] of Object.entries(sources)) {
    await writeFile(join(evaluationsDir, `${id}.ts`), source)
  }
})

// all scores were once lost when the tool that one benchmark is fetched with was missing
test('scores the others when a model cannot be scored, and says why', async () => {
  const { scores, unscored } = await evaluate({ quick: true, log: () => {}, evaluationsDir })
  expect(scores).toEqual([
    { model: 'language-id', metric: 'right', value: 1, n: 1, on: 'one sentence' },
  ])
  expect(unscored).toEqual([
    { model: 'code-language', reason: 'it takes python3 with pip' },
    { model: 'email-spam', reason: expect.stringContaining('default') },
  ])
})

test('refuses a model that has no evaluation, and lists those that have one', async () => {
  const refused = evaluate({ ids: ['language-id', 'none'], quick: true, log() {}, evaluationsDir })
  await expect(refused).rejects.toThrow('of none; there are code-language, email-spam, language-id')
})
