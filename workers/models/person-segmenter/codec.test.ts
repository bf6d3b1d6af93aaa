import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { decodeBase64 } from '#shared/base64.ts'
import { decodeImage } from '#shared/media/decode-image.ts'
import { encodePng } from '#shared/media/encode-png.ts'
import { fp32, requireFp32, type Tensors } from '#shared/tensor.ts'

import { codec } from './codec.ts'

const SIDE = 256
const Answer = z.array(
  z.strictObject({ label: z.literal('person'), score: z.number(), mask: z.string() }),
)
const picture = (width: number, height: number, colour = [255, 0, 51]) => ({
  mediaType: 'image/png',
  bytes: encodePng({
    width,
    height,
    channels: 3,
    data: Uint8Array.from({ length: width * height * 3 }, (_, i) => colour[i % 3] ?? 0),
  }),
})
/** A graph that is sure to the left of `columns` and doubts the rest. */
const graph = (columns: number, sure = 0.8, doubt = 0.25) =>
  async function answer(): Promise<Tensors> {
    const mask = Float32Array.from({ length: SIDE * SIDE }, (_, i) =>
      i % SIDE < columns ? sure : doubt,
    )
    return { activation_10: fp32(mask, [1, SIDE, SIDE, 1]) }
  }

async function predict(columns: number, parameters = {}, size: [number, number] = [8, 6]) {
  const answer = Answer.parse(await codec.predict(picture(...size), parameters, graph(columns)))
  const masks = answer.map(({ mask }) => decodeImage(decodeBase64(mask), '[mask]'))
  return { answer, mask: (await Promise.all(masks))[0] }
}

describe('the codec', () => {
  test('gives the graph red, green and blue from 0 to 1, whatever the size', async () => {
    await codec.predict(picture(3, 9), {}, async (inputs) => {
      expect(inputs.input_1?.shape).toEqual([1, SIDE, SIDE, 3])
      expect(
        Array.from(requireFp32(inputs, 'input_1').slice(-3), (value) => value.toFixed(2)),
      ).toEqual(['1.00', '0.00', '0.20'])
      return graph(0)()
    })
  })

  test.each<[number, number]>([
    [8, 6],
    [301, 7],
    [1, 1],
  ])('answers a grey mask of the size of the picture, %i×%i', async (width, height) => {
    const { answer, mask } = await predict(SIDE, {}, [width, height])
    expect(answer[0]?.score).toBeCloseTo(0.8)
    expect(mask).toMatchObject({ width, height })
    expect(new Set(mask?.data)).toEqual(new Set([204, 255]))
  })

  test('keeps doubts as grey, or draws a line at mask_threshold', async () => {
    const grey = await predict(128)
    expect([...(grey.mask?.data.slice(0, 32) ?? [])].filter((_, i) => i % 4 === 0)).toEqual([
      204, 204, 204, 204, 64, 64, 64, 64,
    ])
    const drawn = await predict(128, { mask_threshold: 0.2 })
    expect(new Set(drawn.mask?.data)).toEqual(new Set([255]))
    expect(drawn.answer[0]?.score).toBeCloseTo((0.8 + 0.25) / 2)
  })

  test('answers nothing where nobody is, where they are tiny, or below the threshold', async () => {
    expect((await predict(0)).answer).toEqual([])
    expect((await predict(2)).answer).toEqual([])
    expect((await predict(3)).answer).toHaveLength(1)
    expect((await predict(SIDE, { threshold: 0.95 })).answer).toEqual([])
  })

  test.each<[string, object, RegExp]>([
    ['an unknown parameter', { subtask: 'panoptic' }, /subtask/],
    ['a threshold beyond 1', { threshold: 1.5 }, /threshold/],
    ['a threshold that is text', { mask_threshold: '0.5' }, /mask_threshold/],
  ])('refuses %s', async (_, parameters, message) => {
    const refused = codec.predict(picture(8, 6), { ...parameters }, graph(0))
    await expect(refused).rejects.toMatchObject({ code: 'invalid_request' })
    await expect(refused).rejects.toThrow(message)
  })

  test('refuses what is no picture', async () => {
    const text = { mediaType: 'image/png', bytes: new TextEncoder().encode('no picture') }
    await expect(codec.predict(text, {}, graph(0))).rejects.toMatchObject({ code: 'invalid_input' })
  })
})
