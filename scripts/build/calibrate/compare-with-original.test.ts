import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { OUTPUT_DIR } from '../../paths.ts'
import { converter } from '../convert/tflite/converter.ts'
import { writeTflite } from '../convert/tflite/write-tflite.ts'
import { sha256 } from '../digest.ts'
import { readForeignFiles, writeForeignFiles } from '../foreign-files.ts'
import { compareWithOriginal } from './compare-with-original.ts'

const TEST_DIR = join(OUTPUT_DIR, 'test-build')
const lines: string[] = []
let dir: string

beforeEach(async () => {
  await mkdir(TEST_DIR, { recursive: true })
  dir = await mkdtemp(join(TEST_DIR, 'compare-'))
  lines.length = 0
})
afterEach(() => rm(dir, { recursive: true, force: true }))

/** Compares the conversion of a graph that casts x to a type of TensorFlow Lite. */
async function compare(type: string, datatype: 'BOOL' | 'INT32') {
  const bytes = writeTflite({
    tensors: [
      { name: 'x', shape: [3] },
      { name: 'y', type, shape: [3] },
    ],
    inputs: [0],
    outputs: [1],
    operators: [{ name: 'CAST', inputs: [0], outputs: [1] }],
  })
  await writeFile(join(dir, 'published.tflite'), bytes)
  const file = { type: 'file' as const, path: 'published.tflite', sha256: sha256(bytes) }
  const manifest = {
    source: {
      type: 'convert' as const,
      graphs: { model: { format: 'tflite' as const, files: { model: file } } },
    },
    inputs: [{ name: 'x', datatype: 'FP32' as const, shape: [3] }],
    outputs: [{ name: 'y', datatype, shape: [3] }],
  }
  const context = { modelId: 'tiny', modelDir: dir, cacheDir: dir, log: () => {} }
  await writeForeignFiles(manifest, context, dir)
  const { model } = await readForeignFiles(dir, 'tiny')
  if (!model) throw new Error('the graph was written')
  await writeFile(join(dir, 'model.onnx'), converter.convert(model.model))
  const request = {
    modelsDir: dir,
    id: 'tiny',
    sourceDir: dir,
    convertedDir: dir,
    optimisedDir: dir,
    graphs: ['model'],
    cacheDir: dir,
  }
  const x = { datatype: 'FP32' as const, shape: [3], data: Float32Array.of(0, 1, 2) }
  const run = { example: 'x', graph: 'model', inputs: { x }, outputs: {} }
  return compareWithOriginal(request, [run], (line) => lines.push(line))
}

test('finds how far a conversion is from its original', async () => {
  const found = await compare('INT32', 'INT32')
  expect(found['model']).toMatchObject({ maxAbsolute: 0 })
  expect(lines).toHaveLength(1)
})

test('goes on without a comparison where the original gives a type that its runtime does not carry', async () => {
  expect(await compare('BOOL', 'BOOL')).toEqual({})
  expect(lines).toEqual([
    "LiteRT.js carries no BOOL, as 'y' is: the conversion of model was compared with none",
  ])
})
