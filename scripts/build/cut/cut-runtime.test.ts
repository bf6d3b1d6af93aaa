import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { createWasmRuntime, runtime as wasmRuntime } from '#shared/onnx-wasm.ts'
import { ENTER_HOOK } from '#shared/runtime-cut.ts'
import { serializeRuntimeImage } from '#shared/runtime-image.ts'
import { seededRandom } from '#shared/seeded-random.ts'
import { fp32, type Tensors } from '#shared/tensor.ts'

import { runtime as nativeRuntime } from '../../../workers/native/onnx.ts'
import { onnxGraph, type OnnxGraph } from '../../onnx-graph.ts'
import { OUTPUT_DIR } from '../../paths.ts'
import { compileWasm } from '../compile-wasm.ts'
import { areIdentical, DifferenceMeter } from '../difference.ts'
import { makeImage } from '../image/make-image.ts'
import { optimise } from '../optimise.ts'
import { PUBLISHED_RUNTIME, readRuntime, runtimeForms } from '../runtime-forms.ts'
import { cutRuntime } from './cut-runtime.ts'

const GRAPHS = 24
const COLUMNS = 6
const SEED = 11

interface RandomGraph {
  onnx: Uint8Array
  optimised: Uint8Array
  image: Uint8Array
  inputs: Tensors
  /** What it was not calibrated with. */
  others: Tensors
}

/** A step of a random graph: one [rows, 6] tensor to another. */
type Step = (g: OnnxGraph, x: string, name: string, random: () => number) => string

const UNARY = ['Relu', 'Abs', 'Neg', 'Exp', 'Sigmoid', 'Tanh', 'Softplus', 'Erf', 'Floor', 'Sign']
const BINARY = ['Add', 'Sub', 'Mul', 'Max', 'Min']

const STEPS: Step[] = [
  ...UNARY.map(
    (operator): Step =>
      (g, x, name) =>
        g.node(operator, [x], name),
  ),
  ...BINARY.map(
    (operator): Step =>
      (g, x, name, random) =>
        g.node(
          operator,
          [x, g.floats(`${name}_c`, randomFloats(COLUMNS, random), [COLUMNS])],
          name,
        ),
  ),
  (g, x, name, random) =>
    g.node(
      'MatMul',
      [x, g.floats(`${name}_w`, randomFloats(COLUMNS ** 2, random), [COLUMNS, COLUMNS])],
      name,
    ),
  (g, x, name, random) =>
    g.node(
      'Gemm',
      [
        x,
        g.floats(`${name}_w`, randomFloats(COLUMNS ** 2, random), [COLUMNS, COLUMNS]),
        g.floats(`${name}_b`, randomFloats(COLUMNS, random), [COLUMNS]),
      ],
      name,
      { transB: 1 },
    ),
  (g, x, name) => g.node('Softmax', [x], name, { axis: -1 }),
  (g, x, name) => {
    const mean = g.node('ReduceMean', [x], `${name}_mean`, { axes: [1], keepdims: 1 })
    return g.node('Sub', [x, mean], name)
  },
  (g, x, name) => {
    const turned = g.node('Transpose', [x], `${name}_t`, { perm: [1, 0] })
    return g.node('Transpose', [g.node('Neg', [turned], `${name}_n`)], name, { perm: [1, 0] })
  },
  (g, x, name) => {
    const twice = g.node('Concat', [x, x], `${name}_twice`, { axis: 1 })
    const ends = [[3], [3 + COLUMNS], [1]].map((value, i) => g.ints(`${name}_end${i}`, value))
    return g.node('Slice', [twice, ...ends], name)
  },
]

let dir: string
let graphs: RandomGraph[]
let published: Uint8Array
let prepared: Uint8Array
let hooked: WebAssembly.Module
let instrumented: WebAssembly.Module
let executed: Set<number>

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'capillary-'))
  published = await readFile(PUBLISHED_RUNTIME)
  const forms = runtimeForms({ cacheDir: join(OUTPUT_DIR, 'cache'), log: () => {} })
  prepared = await readRuntime(forms.prepared)
  hooked = await compileWasm(await readRuntime(forms.hooked))
  instrumented = await compileWasm(await readRuntime(forms.instrumented))
  const random = seededRandom(SEED)
  graphs = []
  for (let i = 0; i < GRAPHS; i++) graphs.push(await randomGraph(`g${i}`, random))
  executed = new Set()
  for (const { image, inputs } of graphs) await calibrate(image, inputs, executed)
}, 120_000)
afterAll(() => rm(dir, { recursive: true, force: true }))

async function randomGraph(name: string, random: () => number): Promise<RandomGraph> {
  const rows = 1 + Math.floor(random() * 9)
  const g = onnxGraph(name)
  let edge = g.input('x', 'FP32', [-1, COLUMNS])
  const length = 1 + Math.floor(random() * 8)
  for (let i = 0; i < length; i++) {
    const step = STEPS[Math.floor(random() * STEPS.length)]
    edge = step?.(g, edge, `n${i}`, random) ?? edge
    // keeps chains of Exp and MatMul from running off to infinity
    edge = g.node('Tanh', [edge], `bounded${i}`)
  }
  g.output(g.node('Identity', [edge], 'y'), 'FP32', [-1, COLUMNS])
  const onnx = g.bytes()
  const optimised = await optimiseGraph(onnx, COLUMNS)
  return {
    onnx,
    optimised,
    image: serializeRuntimeImage(await makeImage(hooked, optimised)),
    inputs: { x: fp32(randomFloats(rows * COLUMNS, random), [rows, COLUMNS]) },
    others: { x: fp32(randomFloats(rows * COLUMNS, random), [rows, COLUMNS]) },
  }
}

async function calibrate(image: Uint8Array, inputs: Tensors, ran: Set<number>): Promise<void> {
  const runtime = createWasmRuntime({ [ENTER_HOOK]: (index: number) => ran.add(index) })
  const source = { modelId: 'random', bytes: image, wasm: instrumented }
  await (await runtime.createSession(source)).run(inputs)
}

async function optimiseGraph(onnx: Uint8Array, columns: number): Promise<Uint8Array> {
  const spec = (name: string) => ({ name, datatype: 'FP32' as const, shape: [-1, columns] })
  const manifest = { id: 'random', inputs: [spec('x')], outputs: [spec('y')] }
  await optimise(onnx, 'model', manifest, dir)
  return readFile(join(dir, 'model.onnx'))
}

function randomFloats(length: number, random: () => number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, () => random() * 4 - 2)
}

describe(`${GRAPHS} random graphs on a runtime cut to them`, () => {
  test('answer as before they were optimised, and bit for bit as on the whole runtime', async () => {
    const { wasm, functions } = cutRuntime(prepared, executed)
    expect(wasm.byteLength).toBeLessThan(0.2 * published.byteLength)
    expect(functions.kept).toBeGreaterThan(functions.executed)
    const [cut, whole] = [await compileWasm(wasm), await compileWasm(published)]
    const meter = new DifferenceMeter()
    for (const { onnx, optimised, image, inputs, others } of graphs) {
      const open = (bytes: Uint8Array, module?: WebAssembly.Module) =>
        (module ? wasmRuntime : nativeRuntime).createSession({
          modelId: 'random',
          bytes,
          wasm: module,
        })
      const [short, long] = [await open(image, cut), await open(optimised, whole)]
      const original = await open(onnx)
      for (const tensors of [inputs, others]) {
        const answer = await short.run(tensors)
        expect(areIdentical(answer, await long.run(tensors))).toBe(true)
        meter.add(answer, await original.run(tensors))
      }
    }
    expect(meter.largest().maxRelative).toBeLessThan(1e-5)
  }, 60_000)

  test('meet a runtime_cut error where nothing of theirs was kept', async () => {
    // what a run needs at all, and no kernel
    const g = onnxGraph('identity')
    g.output(g.node('Identity', [g.input('x', 'FP32', [-1, 2])], 'y'), 'FP32', [-1, 2])
    const image = serializeRuntimeImage(await makeImage(hooked, await optimiseGraph(g.bytes(), 2)))
    const entered = new Set<number>()
    await calibrate(image, { x: fp32(new Float32Array(2), [1, 2]) }, entered)
    const wasm = await compileWasm(cutRuntime(prepared, entered).wasm)
    const failures = await Promise.all(
      graphs.map(async ({ image: bytes, inputs }) => {
        try {
          const other = await wasmRuntime.createSession({ modelId: 'random', bytes, wasm })
          await other.run(inputs)
          return undefined
        } catch (err) {
          return err
        }
      }),
    )
    const cuts = failures.filter((err) => err !== undefined)
    expect(cuts.length).toBeGreaterThan(GRAPHS / 2)
    for (const err of cuts) expect(err).toMatchObject({ code: 'runtime_cut', retryable: true })
  }, 60_000)
})
