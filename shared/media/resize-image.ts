import resize, { initResize } from '@jsquash/resize'

import { resizerWasm } from '#resizer'

import type { Image } from './image.ts'
import { provideImageData } from './image-data.ts'

/**
 * Scales an image to exactly `width`×`height` with a filter that covers what it shrinks: `triangle` is
 * bilinear, `catrom` bicubic.
 */
export async function resizeImage(
  image: Image,
  width: number,
  height: number,
  method: 'triangle' | 'catrom' = 'triangle',
): Promise<Image> {
  if (image.width === width && image.height === height) return image
  provideImageData()
  await initResize(resizerWasm())
  const { data } = await resize(
    { ...image, colorSpace: 'srgb' },
    {
      width,
      height,
      method,
      fitMethod: 'stretch',
      premultiply: false,
      linearRGB: false,
    },
  )
  return { width, height, data }
}
