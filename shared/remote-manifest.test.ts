import { describe, expect, test } from 'vitest'

import { remoteManifest } from './remote-manifest-fixture.ts'
import { isRemote, RegisteredManifest } from './remote-manifest.ts'

describe('a remote manifest', () => {
  test('needs nothing of the task level', () => {
    const manifest = RegisteredManifest.parse(remoteManifest)
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
    const { error } = RegisteredManifest.safeParse({ ...remoteManifest, ...change })
    expect(JSON.stringify(error?.issues)).toContain(name)
  })
})

test('another manifest stays as strict as that of a folder', () => {
  const source = { type: 'files', graphs: {} }
  const { error } = RegisteredManifest.safeParse({ ...remoteManifest, source })
  const fields = error?.issues.map(({ path }) => path[0])
  expect(fields).toEqual(expect.arrayContaining(['accepts', 'examples', 'limits']))
})
