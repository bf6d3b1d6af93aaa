import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import onnxProto from 'onnx-proto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { onnxGraph } from '../onnx-graph.ts'
import { OUTPUT_DIR } from '../paths.ts'
import { buildModels } from './build-models.ts'
import { sha256 } from './digest.ts'
import { explainReceipt } from './explain-receipt.ts'
import { PUBLISHED_RUNTIME } from './runtime-forms.ts'
import { Receipt } from './receipt.ts'

const { onnx } = onnxProto

let root: string
const lines: string[] = []

/** Inside the repository, so that the models' modules find #shared. */
const TEST_DIR = join(OUTPUT_DIR, 'test-build')
/** What doesn't depend on the test, such as the instrumented runtime, is made once for all. */
const CACHE_DIR = join(OUTPUT_DIR, 'cache')

beforeEach(async () => {
  await mkdir(TEST_DIR, { recursive: true })
  root = await mkdtemp(join(TEST_DIR, 'models-'))
  lines.length = 0
})
afterEach(() => rm(root, { recursive: true, force: true }))

/** y = relu(x), of two numbers a row. */
function reluGraph(): Uint8Array {
  const g = onnxGraph('tiny')
  g.output(g.node('Relu', [g.input('x', 'FP32', [-1, 2])], 'y'), 'FP32', [-1, 2])
  return g.bytes()
}

/** Of many kinds of operators: what lists them in the order of a hash table gives itself away. */
function motleyGraph(): Uint8Array {
  const g = onnxGraph('motley')
  const kinds = ['Abs', 'Exp', 'Sigmoid', 'Tanh', 'Erf', 'Floor', 'Softplus', 'Neg', 'Relu']
  const end = kinds.reduce(
    (edge, kind) => g.node(kind, [edge], kind),
    g.node(
      'MatMul',
      [g.input('x', 'FP32', [-1, 2]), g.floats('w', Float32Array.of(1, 2, 3, 4), [2, 2])],
      'xw',
    ),
  )
  g.output(g.node('Softmax', [end], 'y', { axis: -1 }), 'FP32', [-1, 2])
  return g.bytes()
}

/** y = relu(x) of the length of the text and of its negative. */
const CODEC = `
export const codec = {
  async predict({ bytes }, _parameters, run) {
    const data = Float32Array.of(bytes.length, -bytes.length)
    const { y } = await run({ x: { datatype: 'FP32', shape: [1, 2], data } })
    return Array.from(y.data)
  },
}
`
const INDEX = `
import model from '#artefacts/tiny/model.image'
import wasm from '#artefacts/tiny/ort.wasm'
import { createModelWorker } from '#shared/model-worker.ts'
import { codec } from './codec.ts'
import manifest from './manifest.json' with { type: 'json' }
export default createModelWorker({ manifest, codec, graphs: { model }, wasm })
`

interface Overrides {
  [field: string]: unknown
}

async function writeModel(graph: Uint8Array, overrides: Overrides = {}): Promise<string> {
  const dir = join(root, 'models', 'tiny')
  await mkdir(dir, { recursive: true })
  await writeFile(join(dir, 'model.onnx'), graph)
  await writeFile(join(dir, 'codec.ts'), CODEC)
  await writeFile(join(dir, 'index.ts'), INDEX)
  const example = { name: 'x', input: { text: 'x' }, expected: [], tolerance: 0 }
  const manifest = {
    id: 'tiny',
    version: '1',
    title: 'Tiny',
    description: 'A graph of one operator.',
    capability: 'text-classification/tiny',
    license: { spdx: 'Apache-2.0', attribution: 'us' },
    source: {
      type: 'files',
      graphs: { model: { type: 'file', path: 'model.onnx', sha256: sha256(graph) } },
    },
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
    accepts: ['text/plain'],
    limits: { inputBytes: 100, tensorElements: 10 },
    placement: ['edge', 'native'],
    examples: [example, example, example],
    ...overrides,
  }
  await writeFile(join(dir, 'manifest.json'), JSON.stringify(manifest))
  return dir
}

const build = (options: { cacheDir?: string; cut?: boolean } = {}) =>
  buildModels({
    modelsDir: join(root, 'models'),
    outputDir: join(root, 'out'),
    cacheDir: CACHE_DIR,
    log: (line) => lines.push(line),
    ...options,
  })
const artefact = (name: string) => readFile(join(root, 'out', 'models', 'tiny', name))

describe('the build', { timeout: 60_000 }, () => {
  test('makes an optimised graph, a cut runtime and a receipt that says what they are', async () => {
    const graph = reluGraph()
    await writeModel(graph)
    const [built] = await build()
    expect(built).toMatchObject({ id: 'tiny', rebuilt: true })
    const receipt = Receipt.parse(JSON.parse(String(await artefact('receipt.json'))))
    const published = await readFile(PUBLISHED_RUNTIME)
    expect(receipt).toMatchObject({
      sources: { 'graphs.model': sha256(graph) },
      graphs: {
        model: {
          source: { sha256: sha256(graph) },
          optimised: { sha256: sha256(await artefact('model.onnx')) },
          image: { sha256: sha256(await artefact('model.image')) },
          facts: { operators: { Relu: 1 }, parameters: 0, peakActivationBytes: 16 },
          optimisation: { maxAbsolute: 0 },
        },
      },
      runtime: {
        sha256: sha256(await artefact('ort.wasm')),
        published: { sha256: sha256(published), bytes: published.byteLength },
        cut: { models: ['tiny'] },
      },
      parity: { 'model.y': { maxAbsolute: 0, maxRelative: 0 } },
      verdict: { placement: 'edge', plans: { paid: true } },
    })
    expect(receipt.runtime?.bytes).toBeLessThan(0.2 * published.byteLength)
    expect(receipt.measured?.memoryAfterLargestBytes).toBeGreaterThan(1_000_000)
    expect(explainReceipt(receipt)).toMatch(/tiny 1: edge[\s\S]*fits: the Worker[\s\S]*cut to/)
  })

  test('gives the same bytes again from the same inputs, with nothing kept', async () => {
    await writeModel(motleyGraph())
    const [first] = await build()
    await rm(join(root, 'out'), { recursive: true })
    const [second] = await build({ cacheDir: join(root, 'empty-cache') })
    const reproducible = ({ measured: _, verdict: __, ...rest }: Receipt) => rest
    if (!first || !second) throw new Error('a model was built')
    expect(reproducible(second.receipt)).toEqual(reproducible(first.receipt))
  }, 120_000)

  test('keeps the published runtime when asked, and cuts it when not', async () => {
    await writeModel(reluGraph())
    const [whole] = await build({ cut: false })
    expect(sha256(await artefact('ort.wasm'))).toBe(sha256(await readFile(PUBLISHED_RUNTIME)))
    expect(whole?.receipt.runtime?.cut).toBeUndefined()
    const [cut] = await build()
    expect(cut?.rebuilt).toBe(true)
    expect(whole?.receipt.graphs.model?.image).toBeUndefined()
    expect(cut?.receipt.runtime?.cut?.functions.kept).toBeGreaterThan(100)
  })

  test('leaves the artefacts that the codec imports to the build in progress', async () => {
    const dir = await writeModel(reluGraph())
    await writeFile(join(dir, 'codec.ts'), `import '#artefacts/tiny/absent.json'\n${CODEC}`)
    await expect(build()).rejects.toThrow(/absent.json/)
  })

  test('does nothing when nothing changed, and all when the source did', async () => {
    await writeModel(reluGraph())
    await build()
    expect((await build())[0]?.rebuilt).toBe(false)
    await writeModel(reluGraph(), { claims: [{ metric: 'x', value: 1, on: 'y' }] })
    expect((await build())[0]?.rebuilt).toBe(false)
    const g = onnxGraph('other')
    g.output(g.node('Abs', [g.input('x', 'FP32', [-1, 2])], 'y'), 'FP32', [-1, 2])
    await writeModel(g.bytes())
    expect((await build())[0]?.rebuilt).toBe(true)
  })

  test('leaves one whole result when two run at once', async () => {
    await writeModel(reluGraph())
    await Promise.allSettled([build(), build()])
    expect((await build())[0]?.rebuilt).toBe(false)
    expect((await artefact('model.onnx')).length).toBeGreaterThan(100)
  })

  test('keeps the last good artefacts when a new build fails', async () => {
    await writeModel(reluGraph())
    await build()
    await writeModel(new TextEncoder().encode('no graph at all'))
    await expect(build()).rejects.toThrow(/\[tiny\] graph 'model' is not a graph/)
    expect((await artefact('model.onnx')).length).toBeGreaterThan(100)
  })
})

describe('the build stops and says what to do', { timeout: 60_000 }, () => {
  test('when a file is not what the manifest names', async () => {
    const dir = await writeModel(reluGraph())
    await writeFile(join(dir, 'model.onnx'), 'tampered')
    await expect(build()).rejects.toThrow(
      /\[tiny\] model.onnx is not what the manifest names\n {2}expected sha256 [0-9a-f]{64}\n {2}found/,
    )
  })

  test('when a file is missing', async () => {
    const dir = await writeModel(reluGraph())
    await rm(join(dir, 'model.onnx'))
    await expect(build()).rejects.toThrow(/\[tiny\] there is no file model.onnx/)
  })

  test("when the manifest's tensors are not the graph's", async () => {
    await writeModel(reluGraph(), {
      inputs: [{ name: 'pixels', datatype: 'FP32', shape: [-1, 2] }],
    })
    await expect(build()).rejects.toThrow(/manifest: pixels FP32\[-1,2\][\s\S]*graph: {4}x float32/)
    await writeModel(reluGraph(), { outputs: [{ name: 'y', datatype: 'INT64', shape: [-1, 2] }] })
    await expect(build()).rejects.toThrow(/names other outputs/)
  })

  test('when the manifest has a field it does not know, a path that climbs out, or the wrong id', async () => {
    await writeModel(reluGraph(), { surprise: 1 })
    await expect(build()).rejects.toThrow(/surprise/)
    const source = {
      type: 'files',
      graphs: { model: { type: 'file', path: '../secret', sha256: '0'.repeat(64) } },
    }
    await writeModel(reluGraph(), { source })
    await expect(build()).rejects.toThrow(/must be a relative path that stays inside/)
    await writeModel(reluGraph(), { id: 'other' })
    await expect(build()).rejects.toThrow(/says id 'other'/)
  })

  test('when no runtime knows an operator', async () => {
    const g = onnxGraph('odd')
    g.output(g.node('NoSuchOperator', [g.input('x', 'FP32', [-1, 2])], 'y'), 'FP32', [-1, 2])
    await writeModel(g.bytes())
    await expect(build()).rejects.toThrow(/\[tiny\] graph 'model'[\s\S]*NoSuchOperator[\s\S]*opset/)
  })

  test('when npm has no such package', async () => {
    const source = {
      type: 'files',
      graphs: {
        model: {
          type: 'npm',
          package: '@capillary-test/no-such-package@1.0.0',
          path: 'x',
          sha256: '0'.repeat(64),
        },
      },
    }
    await writeModel(reluGraph(), { source })
    await expect(build()).rejects.toThrow(
      /npm could not fetch @capillary-test\/no-such-package@1.0.0/,
    )
  }, 120_000)
})

describe('a model that asks for the edge', { timeout: 60_000 }, () => {
  test('and needs more memory than an isolate has is refused with the figures', async () => {
    // 30 million numbers in between: 120 MB, from two
    const g = onnxGraph('wide')
    const x = g.input('x', 'FP32', [1, 2])
    const wide = g.node('Tile', [x, g.ints('repeats', [1, 15_000_000])], 'wide')
    const sum = g.node('ReduceSum', [wide, g.ints('axes', [1])], 'sum', { keepdims: 1 })
    g.output(g.node('Concat', [sum, sum], 'y', { axis: 1 }), 'FP32', [1, 2])
    const tensors = (name: string) => [{ name, datatype: 'FP32', shape: [1, 2] }]
    await writeModel(g.bytes(), { inputs: tensors('x'), outputs: tensors('y') })
    await expect(build({ cut: false })).rejects.toThrow(
      /\[tiny\] asks for the edge and does not fit there:[\s\S]*DOES NOT FIT: linear memory[\s\S]*of 96 MB[\s\S]*"placement": \["native"\]/,
    )
    await writeModel(g.bytes(), {
      inputs: tensors('x'),
      outputs: tensors('y'),
      placement: ['native'],
    })
    expect((await build())[0]?.receipt.verdict).toMatchObject({ placement: 'native' })
  }, 120_000)

  test('and has a graph that no example runs is refused', async () => {
    const dir = await writeModel(reluGraph())
    await writeFile(join(dir, 'codec.ts'), 'export const codec = { predict: async () => [] }\n')
    await expect(build()).rejects.toThrow(/no example runs the graph 'model'/)
    await writeFile(join(dir, 'codec.ts'), 'export const other = 1\n')
    await expect(build()).rejects.toThrow(/codec.ts must export `codec`/)
  })
})

test('models of one group share a runtime that holds what each of them uses', async () => {
  const tiny = await writeModel(reluGraph(), { runtimeGroup: 'small' })
  const g = onnxGraph('soft')
  const x = g.input('x', 'FP32', [-1, 2])
  g.output(g.node('Softmax', [x], 'y', { axis: -1 }), 'FP32', [-1, 2])
  const other = join(root, 'models', 'other')
  await cp(tiny, other, { recursive: true })
  await writeFile(join(other, 'model.onnx'), g.bytes())
  const manifest = JSON.parse(await readFile(join(tiny, 'manifest.json'), 'utf8'))
  manifest.id = 'other'
  manifest.source.graphs.model.sha256 = sha256(g.bytes())
  await writeFile(join(other, 'manifest.json'), JSON.stringify(manifest))
  await writeFile(join(other, 'index.ts'), INDEX.replaceAll('tiny', 'other'))

  const [first, second] = await build()
  expect(first?.receipt.runtime?.sha256).toBe(second?.receipt.runtime?.sha256)
  expect(first?.receipt.runtime?.cut?.models).toEqual(['other', 'tiny'])
}, 60_000)

test('an operator that has no implementation is named with its graph', async () => {
  const value = (name: string, elemType: number) => ({
    name,
    type: { tensorType: { elemType, shape: { dim: [{ dimValue: 2 }] } } },
  })
  const graph = onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport: [
      { domain: '', version: 13 },
      { domain: 'com.microsoft', version: 1 },
    ],
    graph: {
      name: 'contrib',
      input: [value('x', 1)],
      output: [value('y', 9)],
      node: [
        { opType: 'IsAllFinite', domain: 'com.microsoft', name: 'n', input: ['x'], output: ['y'] },
      ],
    },
  }).finish()
  await writeModel(graph)
  await expect(build()).rejects.toThrow(/\[tiny\] graph 'model'[\s\S]*IsAllFinite/)
})
