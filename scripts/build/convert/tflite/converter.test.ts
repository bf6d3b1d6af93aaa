/** Published models: the conversion in ONNX Runtime against LiteRT, on noise, on a smooth picture and on a photo of people. */
import { expect, test } from 'vitest'

import { seededRandom } from '#shared/seeded-random.ts'
import { elementCount, fp32 } from '#shared/tensor.ts'

import { runtime } from '../../../../workers/native/onnx.ts'
import { DifferenceMeter } from '../../difference.ts'
import { converter } from './converter.ts'
import { fetchPhoto, fetchPublished, floats, type PublishedModel } from './published-model.ts'

/** Sums in another order, through some fifty layers: LiteRT's own builds for x86 and for WebAssembly are up to 2e-5 apart here. */
const MOST_RELATIVE = 1e-4
const SECONDS = 1000

const MODELS: readonly [PublishedModel, string, number[], Record<string, number[]>][] = [
  ['selfie segmentation', 'input_1', [1, 256, 256, 3], { activation_10: [1, 256, 256, 1] }],
  [
    'selfie segmentation, landscape',
    'input_1',
    [1, 144, 256, 3],
    { segment_back: [1, 144, 256, 1] },
  ],
  [
    'face detection, short range',
    'input',
    [1, 128, 128, 3],
    { regressors: [1, 896, 16], classificators: [1, 896, 1] },
  ],
  [
    'face detection, full range',
    'input',
    [1, 192, 192, 3],
    { reshaped_regressor_face_4: [1, 2304, 16], reshaped_classifier_face_4: [1, 2304, 1] },
  ],
  [
    'hand landmarks, lite',
    'input_1',
    [1, 224, 224, 3],
    { Identity: [1, 63], Identity_1: [1, 1], Identity_2: [1, 1], Identity_3: [1, 63] },
  ],
]

test.each(MODELS)(
  'converts %s',
  async (name, input, shape, outputs) => {
    const model = {
      who: '[published]',
      files: { model: await fetchPublished(name) },
      inputs: [floats(input, shape)],
      outputs: Object.entries(outputs).map(([output, size]) => floats(output, size)),
    }
    const session = await runtime.createSession({
      modelId: 'converted',
      bytes: converter.convert(model),
    })
    const original = await converter.loadOriginal?.(model)
    if (!original || !('run' in original)) throw new Error('LiteRT runs each of them')
    const random = seededRandom(11)
    const photo = await fetchPhoto(shape)
    const pictures: ((i: number) => number)[] = [
      () => random(),
      (i) => 0.5 + 0.5 * Math.sin(i / 3000),
      (i) => photo[i] ?? 0,
    ]
    const meter = new DifferenceMeter()
    for (const picture of pictures) {
      const data = Float32Array.from({ length: elementCount(shape) }, (_, i) => picture(i))
      const given = { [input]: fp32(data, shape) }
      meter.add(await session.run(given), await original.run(given))
    }
    await session.release()
    const differences = meter.byOutput()
    expect(Object.keys(differences).toSorted()).toEqual(Object.keys(outputs).toSorted())
    expect(meter.largest().maxRelative).toBeLessThan(MOST_RELATIVE)
  },
  60 * SECONDS,
)

test(
  'refuses a model whose weights are stored sparse, and says what would do',
  async () => {
    const files = { model: await fetchPublished('face detection, full range, sparse') }
    const convert = () => converter.convert({ who: '[published]', files, inputs: [], outputs: [] })
    expect(convert).toThrow(
      /\[published\] the TFLite file has tensor \d+ '.+' stored sparse; take the dense/,
    )
  },
  60 * SECONDS,
)
