import { z } from 'zod'

import labels from '#artefacts/text-line-ocr/labels.json' with { type: 'json' }
import { singleRun } from '#shared/codec.ts'
import { ctcDecode } from '#shared/media/ctc-decode.ts'
import { decodeImage } from '#shared/media/decode-image.ts'
import type { Image } from '#shared/media/image.ts'
import { resizeImage } from '#shared/media/resize-image.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { parseParameters } from '#shared/parse-parameters.ts'
import { fp32, requireFp32 } from '#shared/tensor.ts'

import manifest from './manifest.json' with { type: 'json' }

const who = `[${manifest.id}]`
/** The height PP-OCR was trained on. */
const HEIGHT = 48
/** Shorter lines are padded to the width it was trained on. */
const MIN_WIDTH = 320
/** A line 66 times as long as it is high; memory of the graph grows with it. */
const MAX_WIDTH = 3200

const Parameters = z.strictObject({})

export const codec = singleRun<undefined>({
  async encode({ bytes }, parameters) {
    parseParameters(Parameters, parameters, manifest.id)
    const image = await decodeImage(bytes, who)
    const width = Math.max(1, Math.round((image.width * HEIGHT) / image.height))
    if (width > MAX_WIDTH) {
      throw new MeshError(
        'invalid_input',
        `${who} the image is ${image.width}×${image.height}; a line may be ${Math.floor(MAX_WIDTH / HEIGHT)} times as wide as high`,
      )
    }
    return {
      tensors: { x: toTensor(await resizeImage(image, width, HEIGHT)) },
      context: undefined,
    }
  },
  decode(outputs) {
    const { text, score } = ctcDecode(
      requireFp32(outputs, 'softmax_11.tmp_0'),
      labels.length + 1,
      labels,
    )
    return [{ generated_text: text.trim(), score }]
  },
})

/** Planes of red, green and blue in [-1, 1], padded on the right with zeros. */
function toTensor({ width, data }: Image): ReturnType<typeof fp32> {
  const padded = Math.max(width, MIN_WIDTH)
  const plane = HEIGHT * padded
  const values = new Float32Array(3 * plane)
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 4
      for (let channel = 0; channel < 3; channel++) {
        values[channel * plane + y * padded + x] = (data[from + channel] ?? 0) / 127.5 - 1
      }
    }
  }
  return fp32(values, [1, 3, HEIGHT, padded])
}
