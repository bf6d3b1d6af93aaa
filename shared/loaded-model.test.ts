import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import { beforeAll, describe, expect, test } from 'vitest'

import { compileWasm } from '../scripts/build/compile-wasm.ts'
import { ARTEFACTS_DIR, MODELS_DIR } from '../scripts/paths.ts'
import { readModelFolders } from '../workers/native/model-folders.ts'
import { boundConcurrency } from './admission.ts'
import { singleRun, type Codec } from './codec.ts'
import type { InferenceRuntime } from './inference.ts'
import { LoadedModel } from './loaded-model.ts'
import { runtime } from './onnx-wasm.ts'
import { fp32, type Tensors } from './tensor.ts'

const RUNTIME = createRequire(import.meta.url).resolve(
  'onnxruntime-web/ort-wasm-simd-threaded.wasm',
)
const [folder] = readModelFolders(MODELS_DIR, ['language-id'])
const inputs: Tensors = { frequencies: fp32(new Float32Array(620), [1, 620]) }

let wasm: WebAssembly.Module
let graph: Uint8Array

beforeAll(async () => {
  wasm = await compileWasm(await readFile(RUNTIME))
  graph = await readFile(join(ARTEFACTS_DIR, 'language-id', 'model.onnx'))
})

function load(parts: {
  runtime?: InferenceRuntime
  loadGraph?: () => Uint8Array
  codec?: Codec
  limit?: number
}): LoadedModel {
  if (!folder) throw new Error('language-id is there')
  return new LoadedModel({
    manifest: folder.manifest,
    codec:
      parts.codec ??
      singleRun({
        encode: () => ({ tensors: inputs, context: undefined }),
        decode: (outputs) => outputs.probabilities?.shape,
      }),
    loadGraph: parts.loadGraph ?? (() => graph),
    runtime: parts.runtime ?? runtime,
    wasm,
    admit: boundConcurrency(parts.limit ?? 8, '[language-id]'),
  })
}

const input = { mediaType: 'text/plain', bytes: new Uint8Array(1) }

describe('a model in the WebAssembly runtime', () => {
  test('loads when first asked and only once', async () => {
    let loads = 0
    const model = load({ loadGraph: () => (loads++, graph) })
    expect(model.state).toBe('idle')
    const answers = await Promise.all([1, 2, 3].map(() => model.predict(input, {})))
    expect(answers).toEqual([
      [1, 50],
      [1, 50],
      [1, 50],
    ])
    expect(loads).toBe(1)
  })

  test('tries to load again after a load that failed', async () => {
    let loads = 0
    const model = load({ loadGraph: () => (loads++ === 0 ? new Uint8Array(100) : graph) })
    await expect(model.predict(input, {})).rejects.toMatchObject({
      code: 'model_unavailable',
      retryable: true,
    })
    expect(await model.predict(input, {})).toEqual([1, 50])
  })

  test('drops a runtime that trapped, counts it, and answers from a new one', async () => {
    const memories: WebAssembly.Memory[] = []
    const spying: InferenceRuntime = {
      name: runtime.name,
      async createSession(source) {
        const original = WebAssembly.instantiate
        Reflect.set(
          WebAssembly,
          'instantiate',
          (module: WebAssembly.Module, imports: WebAssembly.Imports) => {
            for (const space of Object.values(imports)) {
              for (const value of Object.values(space))
                if (value instanceof WebAssembly.Memory) memories.push(value)
            }
            return original(module, imports)
          },
        )
        try {
          return await runtime.createSession(source)
        } finally {
          Reflect.set(WebAssembly, 'instantiate', original)
        }
      },
    }
    const model = load({ runtime: spying })
    await model.predict(input, {})
    const [memory] = memories
    if (!memory) throw new Error('the runtime imports its memory')
    new Uint8Array(memory.buffer).fill(0xff, 1024)

    // who waited for the same runtime is answered from the next one
    const [first, ...others] = await Promise.allSettled(
      [1, 2, 3, 4].map(() => model.predict(input, {})),
    )
    expect(first).toMatchObject({ reason: { code: 'runtime_trap', retryable: true } })
    for (const other of others) expect(other).toMatchObject({ value: [1, 50] })
    expect(model.traps).toBe(1)
    expect(await model.predict(input, {})).toEqual([1, 50])
    expect(memories).toHaveLength(2)
  })

  test('refuses a tensor of fewer values than its shape, instead of answering from the last ones', async () => {
    const short: Tensors = { frequencies: fp32(new Float32Array(1), [1, 620]) }
    const model = load({})
    await model.infer(inputs)
    await expect(model.infer(short)).rejects.toMatchObject({ code: 'invalid_input' })
    expect((await model.infer(inputs)).probabilities?.shape).toEqual([1, 50])
  })

  test('begins no further run of its graph when the deadline has passed', async () => {
    let runs = 0
    const endless: Codec = {
      async predict(_, __, run) {
        for (;;) {
          await run(inputs)
          runs++
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
      },
    }
    const model = load({ codec: endless })
    await model.warm()
    await expect(model.predict(input, {}, Date.now() + 50)).rejects.toMatchObject({
      code: 'deadline_exceeded',
    })
    expect(runs).toBeGreaterThan(0)
    expect(runs).toBeLessThan(12)
  })

  test('refuses tensors the graph does not take and goes on', async () => {
    const model = load({})
    await expect(model.infer({ nothing: fp32(new Float32Array(1), [1]) })).rejects.toMatchObject({
      code: 'invalid_input',
    })
    expect((await model.infer(inputs)).probabilities?.shape).toEqual([1, 50])
    expect(model.traps).toBe(0)
  })

  test('runs as many at once as it may and says when to try again', async () => {
    const model = load({ limit: 2 })
    const results = await Promise.allSettled([1, 2, 3].map(() => model.predict(input, {})))
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    expect(results[2]).toMatchObject({ reason: { code: 'overloaded', retryAfter: 1 } })
    expect(await model.predict(input, {})).toEqual([1, 50])
  })
})
