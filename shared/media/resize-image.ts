import resize, { initResize } from '@jsquash/resize'

import { resizerWasm } from '#resizer'

import type { Image } from './image.ts'
import { provideImageData } from './image-data.ts'

/** Scales an image to exactly `width`×`height` with a triangle filter that covers what it shrinks. */
export async function resizeImage(image: Image, width: number, height: number): Promise<Image> {
  if (image.width === width && image.height === height) return image
  provideImageData()
  await initResize(resizerWasm())
  const resized = await resize(
    { ...image, colorSpace: 'srgb' },
    {
      width,
      height,
      method: 'triangle',
      fitMethod: 'stretch',
      premultiply: false,
      linearRGB: false,
    },
  )
  return { width, height, data: new Uint8ClampedArray(resized.data) }
}
