import { expect, test } from 'vitest'

import { modelEntry } from '../workers/router/registry/registry-fixture.ts'
import { parseManifest } from './manifest.ts'
import { MAX_IMAGE_PIXELS } from './media/image.ts'

const withPixels = (pixels: number) => {
  const { manifest } = modelEntry()
  return { ...manifest, limits: { ...manifest.limits, pixels } }
}

test('lets a model take as many pixels as the mesh does', () => {
  const { limits } = parseManifest(withPixels(MAX_IMAGE_PIXELS), 'tone')
  expect(limits.pixels).toBe(MAX_IMAGE_PIXELS)
})

test.each([MAX_IMAGE_PIXELS + 1, 0, 1.5])(
  'refuses a model that says it takes %d pixels',
  (pixels) => {
    expect(() => parseManifest(withPixels(pixels), 'tone')).toThrow(/\[tone\].*limits\.pixels/s)
  },
)

test.each([
  ['is also an input of the graph', { textTensor: 'frequencies', accepts: ['text/plain'] }],
  ['belongs to a model that takes no text', { textTensor: 'text', accepts: ['image/png'] }],
])('refuses a text tensor that %s', (_, fields) => {
  const inputs = [{ name: 'frequencies', datatype: 'FP32', shape: [-1, 2] }]
  const manifest = { ...modelEntry().manifest, inputs, ...fields }
  expect(() => parseManifest(manifest, 'tone')).toThrow(/\[tone\].*textTensor/s)
})

test('lets tensors have every datatype of the protocol and no other', () => {
  const withInput = (datatype: string) => ({
    ...modelEntry().manifest,
    inputs: [{ name: 'x', datatype, shape: [] }],
  })
  for (const datatype of ['FP16', 'BF16', 'BYTES', 'UINT64', 'BOOL']) {
    expect(parseManifest(withInput(datatype), 'tone').inputs[0]).toMatchObject({ datatype })
  }
  expect(() => parseManifest(withInput('FP8'), 'tone')).toThrow(/inputs\[0\]\.datatype/)
})
