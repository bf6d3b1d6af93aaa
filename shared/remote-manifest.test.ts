import { describe, expect, test } from 'vitest'

import { isRemote, RegisteredManifest } from './remote-manifest.ts'

const REMOTE = {
  id: 'resnet',
  version: '1',
  title: 'ResNet',
  description: 'Classifies pictures, elsewhere.',
  capability: 'image-classification/resnet',
  license: { spdx: 'MIT', attribution: 'somebody' },
  source: { type: 'remote' },
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 3] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
}

describe('a remote manifest', () => {
  test('needs nothing of the task level', () => {
    const manifest = RegisteredManifest.parse(REMOTE)
    expect(isRemote(manifest)).toBe(true)
    expect(manifest).toMatchObject({ accepts: [], examples: [], placement: ['edge', 'native'] })
  })

  test.each([
    ['media types it accepts', { accepts: ['image/png'] }, 'accepts'],
    ['examples', { examples: [{}] }, 'examples'],
    ['an unknown field', { colour: 'red' }, 'colour'],
    ['no inputs', { inputs: [] }, 'inputs'],
    ['a source with more', { source: { type: 'remote', graphs: {} } }, 'graphs'],
  ])('may not have %s, and is told so by name', (_, change, name) => {
    const { error } = RegisteredManifest.safeParse({ ...REMOTE, ...change })
    expect(JSON.stringify(error?.issues)).toContain(name)
  })
})

test('another manifest stays as strict as that of a folder', () => {
  const source = { type: 'files', graphs: {} }
  const { error } = RegisteredManifest.safeParse({ ...REMOTE, source })
  const fields = error?.issues.map(({ path }) => path[0])
  expect(fields).toEqual(expect.arrayContaining(['accepts', 'examples', 'limits']))
})
