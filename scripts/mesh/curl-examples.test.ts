import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { modelEntry } from '../../workers/router/registry/registry-fixture.ts'
import { curlExample } from './curl-examples.ts'

async function curlOf(id: string, capabilities: Record<string, string>) {
  const outputDir = await mkdtemp(join(tmpdir(), 'curl-'))
  onTestFinished(() => rm(outputDir, { recursive: true }))
  const folders = Object.entries(capabilities).map(([name, capability]) => ({
    id: name,
    path: outputDir,
    manifest: modelEntry({ id: name, capability }).manifest,
  }))
  const folder = folders.find((own) => own.id === id)
  if (!folder) throw new Error(`there is no ${id}`)
  return curlExample(folder, { url: 'http://mesh', key: 'k', outputDir, folders })
}

test('a model that has its capability alone is asked by that', async () => {
  const curl = await curlOf('slim', { slim: 'x/double', other: 'x/half' })
  expect(curl).toContain('curl http://mesh/infer/x/double -H "authorization: Bearer k"')
  expect(curl).not.toContain('mesh-model')
})

test('one of several is named, since another might answer', async () => {
  const curl = await curlOf('thick', { slim: 'x/double', thick: 'x/double' })
  expect(curl).toContain('-H "mesh-model: thick"')
})
