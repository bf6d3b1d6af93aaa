import { join } from 'node:path'

import { beforeAll, describe, expect, test } from 'vitest'

import type { LoadedModel } from '#shared/loaded-model.ts'
import { MediaAnswer } from '#shared/media-answer.ts'
import { decodeImage } from '#shared/media/decode-image.ts'
import { encodePng } from '#shared/media/encode-png.ts'
import type { Image } from '#shared/media/image.ts'

import { fetchSource } from '../scripts/build/fetch-source.ts'
import { ARTEFACTS_DIR, MODELS_DIR, OUTPUT_DIR } from '../scripts/paths.ts'
import { loadModels } from '../workers/native/load-models.ts'
import { readModelFolders } from '../workers/native/model-folders.ts'

/** The picture that every package of the family shows, small and as its author enlarged it, in one piece. */
const PICTURE = {
  path: 'assets/fixture.png',
  sha256: '9c42004f3493b1520d7fcaa908f63bf1e34eb1206ff49ee71724c67fc5ce8294',
}
/** Pixels of the result along its edges that are not compared: ours has no dark line there. */
const EDGE = 20

export interface Upscaler {
  id: string
  /** The package that the weights come from, and digest of the picture that it enlarged. */
  package: string
  resultSha256: string
}

/** What a model must do that enlarges pictures in tiles with weights of UpscalerJS. */
export function testUpscaler(upscaler: Upscaler): void {
  const { id } = upscaler
  let model: LoadedModel
  let limit: number

  beforeAll(async () => {
    const folders = readModelFolders(MODELS_DIR, [id])
    const [loaded] = await loadModels(folders, ARTEFACTS_DIR)
    const pixels = loaded?.manifest.limits.pixels
    if (!loaded || pixels === undefined) throw new Error(`${id} has a limit of pixels`)
    model = loaded
    limit = pixels
  }, 60_000)

  const published = (path: string, sha256: string): Promise<Uint8Array> =>
    fetchSource(
      { type: 'npm', package: upscaler.package, path, sha256 },
      {
        modelId: id,
        modelDir: join(MODELS_DIR, id),
        cacheDir: join(OUTPUT_DIR, 'cache'),
        log() {},
      },
    )

  const black = (width: number, height: number) =>
    encodePng({ width, height, channels: 1, data: new Uint8Array(width * height) })

  describe(id, () => {
    test('enlarges as the original does inside, where the edge that is repeated around does not tell', async () => {
      const bytes = await published(PICTURE.path, PICTURE.sha256)
      const answer = await model.predict({ mediaType: 'image/png', bytes }, {})
      if (!(answer instanceof MediaAnswer)) throw new Error('the answer is no picture')
      const given = await decodeImage(answer.bytes, '[answer]')
      const result = await published('assets/samples/2x/result.png', upscaler.resultSha256)
      const expected = await decodeImage(result, '[result]')
      expect([given.width, given.height]).toEqual([expected.width, expected.height])
      const original = insideOf(expected)
      const levels = insideOf(given).map((sample, i) => Math.abs(sample - (original[i] ?? 0)))
      expect(levels.every((level) => level <= 1)).toBe(true)
      // two runtimes round a sample differently now and then
      expect(levels.filter((level) => level > 0).length / levels.length).toBeLessThan(1e-4)
    }, 60_000)

    test('refuses a picture of more pixels than it takes and says how many those are', async () => {
      const height = Math.floor(Math.sqrt(limit))
      const width = Math.floor(limit / height) + 1
      await expect(
        model.predict({ mediaType: 'image/png', bytes: black(width, height) }, {}),
      ).rejects.toMatchObject({
        code: 'payload_too_large',
        message: `[${id}] the image is ${width}×${height}, ${width * height} pixels; the limit is ${limit}`,
      })
    })

    test('refuses a strip of so many pixels, whose tiles are far more than those of a square', async () => {
      const refused = model.predict({ mediaType: 'image/png', bytes: black(limit, 1) }, {})
      await expect(refused).rejects.toMatchObject({ code: 'payload_too_large' })
      await expect(refused).rejects.toThrow(`[${id}] the image is ${limit}×1, so thin that`)
    })

    test('stops between two tiles when nobody waits any more', async () => {
      const bytes = black(1_280, 12)
      const started = performance.now()
      await expect(
        model.predict({ mediaType: 'image/png', bytes }, {}, Date.now() + 20),
      ).rejects.toMatchObject({ code: 'deadline_exceeded' })
      expect(performance.now() - started).toBeLessThan(5_000)
    })
  })
}

/** The samples that are further than EDGE from every edge. */
function insideOf({ width, height, data }: Image): number[] {
  const rows: number[] = []
  for (let y = EDGE; y < height - EDGE; y++) {
    rows.push(...data.subarray((y * width + EDGE) * 4, ((y + 1) * width - EDGE) * 4))
  }
  return rows
}
