import { expect, test } from 'vitest'

import { modelEntry } from '../workers/router/registry-fixture.ts'
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
