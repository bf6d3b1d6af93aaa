import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { onnxGraph } from '../onnx-graph.ts'
import { OUTPUT_DIR } from '../paths.ts'
import { buildModels, type BuiltModel } from './build-models.ts'
import { sha256 } from './digest.ts'

/** Inside the repository, so that the models' modules find #shared. */
const TEST_DIR = join(OUTPUT_DIR, 'test-build')
/** What doesn't depend on the test, such as the instrumented runtime, is made once for all. */
const CACHE_DIR = join(OUTPUT_DIR, 'cache')

/** y = relu(x), of two numbers a row. */
export function reluGraph(): Uint8Array {
  const g = onnxGraph('tiny')
  g.output(g.node('Relu', [g.input('x', 'FP32', [-1, 2])], 'y'), 'FP32', [-1, 2])
  return g.bytes()
}

/** y = relu(x) of the length of the text and of its negative. */
export const TINY_CODEC = `
export const codec = {
  async predict({ bytes }, _parameters, run) {
    const data = Float32Array.of(bytes.length, -bytes.length)
    const { y } = await run({ x: { datatype: 'FP32', shape: [1, 2], data } })
    return Array.from(y.data)
  },
}
`
export const TINY_INDEX = `
import model from '#artefacts/tiny/model.image'
import wasm from '#artefacts/tiny/ort.wasm'
import { createModelWorker } from '#shared/model-worker.ts'
import { codec } from './codec.ts'
import manifest from './manifest.json' with { type: 'json' }
export default createModelWorker({ manifest, codec, graphs: { model }, wasm })
`

/** A folder of models with one of them, `tiny`, and what is built from it; gone when it is disposed of. */
export class TinyModel implements AsyncDisposable {
  readonly #root: string

  private constructor(root: string) {
    this.#root = root
  }

  static async create(): Promise<TinyModel> {
    await mkdir(TEST_DIR, { recursive: true })
    return new TinyModel(await mkdtemp(join(TEST_DIR, 'models-')))
  }

  get modelsDir(): string {
    return join(this.#root, 'models')
  }

  /** Where artefacts come to lie. */
  get outputDir(): string {
    return join(this.#root, 'out')
  }

  /** A cache in which there is nothing yet. */
  get emptyCacheDir(): string {
    return join(this.#root, 'cache')
  }

  build(options: { cacheDir?: string; cut?: boolean } = {}): Promise<BuiltModel[]> {
    return buildModels({
      modelsDir: this.modelsDir,
      outputDir: this.outputDir,
      cacheDir: CACHE_DIR,
      log: () => {},
      ...options,
    })
  }

  artefact(name: string): Promise<Buffer> {
    return readFile(join(this.outputDir, 'models', 'tiny', name))
  }

  /** Writes the model around a graph, with fields of its manifest replaced; returns its folder. */
  async write(graph: Uint8Array, overrides: Record<string, unknown> = {}): Promise<string> {
    const dir = join(this.modelsDir, 'tiny')
    await mkdir(dir, { recursive: true })
    await writeFile(join(dir, 'model.onnx'), graph)
    await writeFile(join(dir, 'codec.ts'), TINY_CODEC)
    await writeFile(join(dir, 'index.ts'), TINY_INDEX)
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

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#root, { recursive: true, force: true })
  }
}
