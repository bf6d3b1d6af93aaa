/** The converted graph in its tiles against the original: the picture that its package shows, enlarged in one piece by its author. */
import { join } from 'node:path'

import { beforeAll, expect, test } from 'vitest'

import { fetchSource } from '#scripts/build/fetch-source.ts'
import { ARTEFACTS_DIR, MODELS_DIR, OUTPUT_DIR } from '#scripts/paths.ts'
import type { LoadedModel } from '#shared/loaded-model.ts'
import { MediaAnswer } from '#shared/media-answer.ts'
import { decodeImage } from '#shared/media/decode-image.ts'
import { encodePng } from '#shared/media/encode-png.ts'
import type { Image } from '#shared/media/image.ts'

import { loadModels } from '../../native/load-models.ts'
import { readModelFolders } from '../../native/model-folders.ts'

const PACKAGE = '@upscalerjs/esrgan-thick@1.0.0'
const PICTURE = '9c42004f3493b1520d7fcaa908f63bf1e34eb1206ff49ee71724c67fc5ce8294'
const RESULT = '57c94464af02880d2c59e6122b0de3e842abb56b9df51b5d7deea2a8fdff2f21'

/** Pixels of the result along its edges that are not compared: ours has no dark line there. */
const EDGE = 20

let model: LoadedModel

beforeAll(async () => {
  const [loaded] = await loadModels(
    readModelFolders(MODELS_DIR, ['image-upscaler-thick']),
    ARTEFACTS_DIR,
    (work) => work(),
  )
  if (!loaded) throw new Error('this test stands in the folder of image-upscaler-thick')
  model = loaded
}, 60_000)

function published(path: string, sha256: string): Promise<Uint8Array> {
  return fetchSource(
    { type: 'npm', package: PACKAGE, path, sha256 },
    {
      modelId: 'image-upscaler-thick',
      modelDir: import.meta.dirname,
      cacheDir: join(OUTPUT_DIR, 'cache'),
      log() {},
    },
  )
}

/** The samples that are further than EDGE from every edge. */
function insideOf({ width, height, data }: Image): number[] {
  const rows: number[] = []
  for (let y = EDGE; y < height - EDGE; y++) {
    rows.push(...data.subarray((y * width + EDGE) * 4, ((y + 1) * width - EDGE) * 4))
  }
  return rows
}

test('enlarges as the original does inside, where the edge that is repeated around does not tell', async () => {
  const bytes = await published('assets/fixture.png', PICTURE)
  const answer = await model.predict({ mediaType: 'image/png', bytes }, {})
  if (!(answer instanceof MediaAnswer)) throw new Error('the answer is no picture')
  const given = await decodeImage(answer.bytes, '[answer]')
  const expected = await decodeImage(await published('assets/samples/2x/result.png', RESULT), '[x]')
  expect([given.width, given.height]).toEqual([expected.width, expected.height])
  const original = insideOf(expected)
  const levels = insideOf(given).map((sample, i) => Math.abs(sample - (original[i] ?? 0)))
  expect(levels.every((level) => level <= 1)).toBe(true)
  // two runtimes round a sample differently now and then
  expect(levels.filter((level) => level > 0).length / levels.length).toBeLessThan(1e-4)
}, 60_000)

test('refuses a picture of more pixels than it takes and says how many those are', async () => {
  const [width, height] = [129, 128]
  const bytes = encodePng({ width, height, channels: 1, data: new Uint8Array(width * height) })
  await expect(model.predict({ mediaType: 'image/png', bytes }, {})).rejects.toMatchObject({
    code: 'payload_too_large',
    message: `[image-upscaler-thick] the image is 129×128, ${width * height} pixels; the limit is 16384`,
  })
})

test('stops between two tiles when nobody waits any more', async () => {
  const [width, height] = [4_000, 4]
  const bytes = encodePng({ width, height, channels: 1, data: new Uint8Array(width * height) })
  const started = performance.now()
  await expect(
    model.predict({ mediaType: 'image/png', bytes }, {}, Date.now() + 100),
  ).rejects.toMatchObject({ code: 'deadline_exceeded' })
  expect(performance.now() - started).toBeLessThan(5_000)
})
