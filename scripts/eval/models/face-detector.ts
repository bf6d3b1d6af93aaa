import { encode } from 'fast-png'
import { z } from 'zod'

import { seededRandom } from '#shared/seeded-random.ts'
import type { Evaluation } from '../evaluation.ts'

const Faces = z.array(z.object({ score: z.number() }))
const SIDE = 160

/** Photos with people against pictures without: too few to claim an accuracy, enough to see that it works. */
const evaluation: Evaluation = async ({ model, fetchFile }) => {
  const pictures: { bytes: Uint8Array; mediaType: string; face: boolean }[] = []
  for (const { input } of model.manifest.examples) {
    if ('file' in input && input.file.type === 'npm') {
      pictures.push({ bytes: await fetchFile(input.file), mediaType: input.mediaType, face: true })
    }
  }
  const random = seededRandom(3)
  const fills: ((x: number, y: number) => number)[] = [
    () => 255,
    () => 0,
    () => random() * 255,
    (x) => x,
    (x, y) => (((x >> 4) + (y >> 4)) % 2) * 255,
  ]
  for (const fill of fills) {
    const data = Uint8Array.from({ length: SIDE * SIDE }, (_, i) =>
      fill(i % SIDE, Math.floor(i / SIDE)),
    )
    pictures.push({
      bytes: encode({ width: SIDE, height: SIDE, channels: 1, data }),
      mediaType: 'image/png',
      face: false,
    })
  }
  let right = 0
  for (const { bytes, mediaType, face } of pictures) {
    const found = Faces.parse(await model.predict({ mediaType, bytes }, {}))
    if (found.length > 0 === face) right++
  }
  return [
    {
      metric: 'picture accuracy',
      value: right / pictures.length,
      n: pictures.length,
      on: `photos with people, ${fills.length} patterns without`,
    },
  ]
}
export default evaluation
