import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { seededRandom } from '#shared/seeded-random.ts'

import { OUTPUT_DIR } from '../paths.ts'
import { buildModels } from './build-models.ts'
import { compareWithOriginal } from './calibrate/compare-with-original.ts'
import { converter } from './convert/tfjs-graph/converter.ts'
import { floats, graphModel, typeOf } from './convert/tfjs-graph/graph-fixture.ts'
import { sha256 } from './digest.ts'
import { explainReceipt } from './explain-receipt.ts'
import { writeForeignFiles } from './foreign-files.ts'

/** Inside the repository, so that the models' modules find #shared. */
const TEST_DIR = join(OUTPUT_DIR, 'test-build')
const SIDE = 64
const lines: string[] = []
let root: string

beforeEach(async () => {
  await mkdir(TEST_DIR, { recursive: true })
  root = await mkdtemp(join(TEST_DIR, 'convert-'))
  lines.length = 0
})
afterEach(() => rm(root, { recursive: true, force: true }))

const CODEC = `
export const codec = {
  async predict({ bytes }, _parameters, run) {
    const data = Float32Array.from({ length: ${SIDE} }, (_, i) => Math.sin(i * bytes.length))
    const { y } = await run({ x: { datatype: 'FP32', shape: [1, ${SIDE}], data } })
    return Array.from(y.data)
  },
}
`
const tensor = (name: string, shape = [1, SIDE]) => ({ name, datatype: 'FP32' as const, shape })

/** y = relu(x · w), as tfjs has it. */
function linear(op = 'Relu', largest = 1) {
  const x = floats(seededRandom(1), [1, SIDE])
  const w = { ...floats(seededRandom(2), [SIDE, SIDE], [-largest, largest]), constant: true }
  const nodes = [
    { name: 'product', op: 'MatMul', input: ['x', 'w'], attr: { T: typeOf(x) } },
    { name: 'y', op, input: ['product'], attr: { T: typeOf(x) } },
  ]
  return graphModel(nodes, { x, w }, [tensor('y')]).files
}

function exampleOf(text: string) {
  return { name: text, input: { text }, expected: [], tolerance: 0 }
}

async function writeModel(files: Record<string, Uint8Array>, overrides: object = {}) {
  const dir = join(root, 'models', 'tiny')
  await mkdir(dir, { recursive: true })
  await writeFile(join(dir, 'codec.ts'), CODEC)
  const sources: Record<string, object> = {}
  for (const [name, bytes] of Object.entries(files)) {
    await writeFile(join(dir, name), bytes)
    sources[name] = { type: 'file', path: name, sha256: sha256(bytes) }
  }
  const graph = { format: 'tfjs-graph' as const, files: sources }
  const example = exampleOf('some text')
  const manifest = {
    id: 'tiny',
    version: '1',
    title: 'Tiny',
    description: 'A product.',
    capability: 'text-classification/tiny',
    license: { spdx: 'Apache-2.0', attribution: 'us' },
    source: { type: 'convert', graphs: { model: graph } },
    inputs: [tensor('x')],
    outputs: [tensor('y')],
    accepts: ['text/plain'],
    limits: { inputBytes: 100, tensorElements: 100 },
    placement: ['native'],
    examples: [example, example, example],
    ...overrides,
  }
  await writeFile(join(dir, 'manifest.json'), JSON.stringify(manifest))
  return { dir, graph }
}

async function build() {
  const [built] = await buildModels({
    modelsDir: join(root, 'models'),
    outputDir: join(root, 'out'),
    log: (line) => lines.push(line),
  })
  if (!built) throw new Error('a model was built')
  return built
}

describe('a model that is converted', { timeout: 60_000 }, () => {
  test('has a receipt of what it was converted from, to what, and how far apart they are', async () => {
    const files = linear()
    await writeModel(files)
    const { receipt } = await build()
    const { model } = receipt.graphs
    expect(receipt.sources).toEqual({
      'graphs.model.files.model.json': sha256(files['model.json'] ?? ''),
      'graphs.model.files.weights.bin': sha256(files['weights.bin'] ?? ''),
    })
    expect(model?.source.bytes).toBeGreaterThan(4 * SIDE * SIDE)
    expect(model?.conversion?.runtime).toBe('tfjs-backend-cpu 4.22.0')
    expect(model?.conversion?.maxRelative).toBeLessThan(1e-5)
    expect(explainReceipt(receipt)).toMatch(/from tfjs-backend-cpu 4.22.0 it differs by/)
    expect(lines.join('\n')).toMatch(
      /converting model from tfjs-graph[\s\S]*conversion of model differs from tfjs-backend-cpu 4.22.0 by .*e-\d+ of the largest value/,
    )
  })

  test('is converted once, and again when its files change', async () => {
    await writeModel(linear())
    await build()
    await writeModel(linear(), {
      examples: ['a', 'b', 'c'].map((text) => exampleOf(text)),
    })
    lines.length = 0
    expect((await build()).rebuilt).toBe(true)
    expect(lines.join('\n')).not.toMatch(/converting/)
    await writeModel(linear('Tanh'))
    await build()
    expect(lines.join('\n')).toMatch(/converting model/)
  })

  test('stops the build where an operator is unknown, a shard is cut off, or shapes disagree', async () => {
    await writeModel(linear('NoSuchOperator'))
    await expect(build()).rejects.toThrow(/\[tiny\] node 'y' \(NoSuchOperator\) has no conversion/)
    const files = linear()
    await writeModel({
      ...files,
      'weights.bin': (files['weights.bin'] ?? new Uint8Array()).subarray(1),
    })
    await expect(build()).rejects.toThrow(
      /\[tiny\] weight 'w' of shape \[64,64\] takes 16384 bytes/,
    )
    await writeModel(linear(), { outputs: [tensor('y', [1, 10])] })
    await expect(build()).rejects.toThrow(/names other outputs[\s\S]*y float32\[1,64\]/)
  })

  test('stops the build where a further graph has no tensors of its own', async () => {
    const { graph } = await writeModel(linear())
    const source = { type: 'convert', graphs: { model: graph, other: graph } }
    await writeModel(linear(), { source })
    await expect(build()).rejects.toThrow(/graph 'other' needs its own "inputs" and "outputs"/)
  })

  test('stops the build where it answers otherwise than its original', async () => {
    const { dir } = await writeModel(linear())
    const manifest = JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8'))
    const context = { modelId: 'tiny', modelDir: dir, cacheDir: root, log: () => {} }
    await writeForeignFiles(manifest, context, root)
    const other = {
      who: '[tiny]',
      files: linear('Tanh'),
      inputs: [tensor('x')],
      outputs: [tensor('y')],
    }
    await writeFile(join(root, 'model.onnx'), converter.convert(other))
    const request = {
      modelsDir: join(root, 'models'),
      id: 'tiny',
      sourceDir: root,
      convertedDir: root,
      optimisedDir: root,
      graphs: ['model'],
      cacheDir: root,
    }
    const run = {
      example: 'x',
      graph: 'model',
      inputs: { x: floats(seededRandom(1), [1, SIDE]) },
      outputs: {},
    }
    await expect(compareWithOriginal(request, [run], () => {})).rejects.toThrow(
      /\[tiny\] the conversion of graph 'model' differs from tfjs-backend-cpu 4.22.0 by .* of the largest value; 0.001 is the most/,
    )
  })
})

describe('a model with weights as float16', { timeout: 60_000 }, () => {
  const artefact = () => readFile(join(root, 'out', 'models', 'tiny', 'model.onnx'))

  test('takes half the bytes and answers as far apart as float16 rounds', async () => {
    await writeModel(linear())
    const whole = await build()
    const { length } = await artefact()
    await writeModel(linear(), { weights: 'float16' })
    const { receipt } = await build()
    expect((await artefact()).length).toBeLessThan(length - 0.99 * 2 * SIDE * SIDE)
    const [before, after] = [whole.receipt, receipt].map(({ graphs }) => graphs.model)
    expect(before?.optimisation.maxRelative).toBeLessThan(1e-6)
    expect(after?.optimisation.maxRelative).toBeGreaterThan(1e-6)
    expect(after?.optimisation.maxRelative).toBeLessThan(2e-3)
    // what it was converted from is compared before rounding
    expect(after?.conversion).toEqual(before?.conversion)
    expect(explainReceipt(receipt)).toMatch(/with weights as float16, changed its answers by/)
  })

  test('is refused where a weight is beyond float16, by its name', async () => {
    await writeModel(linear('Relu', 200_000), { weights: 'float16' })
    await expect(build()).rejects.toThrow(
      /\[tiny\] graph 'model' weight '\S*w\S*' has -?\d+(\.\d+)?, which float16 doesn't hold: it ends at 65504/,
    )
  })
})
