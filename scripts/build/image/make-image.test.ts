import { join } from 'node:path'

import { beforeAll, describe, expect, test } from 'vitest'

import { runtime } from '#shared/onnx-wasm.ts'
import { serializeRuntimeImage } from '#shared/runtime-image.ts'
import { fp32 } from '#shared/tensor.ts'

import { onnxGraph } from '../../onnx-graph.ts'
import { OUTPUT_DIR } from '../../paths.ts'
import { compileWasm } from '../compile-wasm.ts'
import { PUBLISHED_RUNTIME, readRuntime, runtimeForms } from '../runtime-forms.ts'
import { makeImage } from './make-image.ts'
import { readFile } from 'node:fs/promises'

const inputs = { x: fp32(Float32Array.of(1, -2, 3, -4), [2, 2]) }
const WIDE = 1_000_000

let prepared: WebAssembly.Module
let hooked: WebAssembly.Module

beforeAll(async () => {
  const forms = runtimeForms({ cacheDir: join(OUTPUT_DIR, 'cache'), log: () => {} })
  prepared = await compileWasm(await readRuntime(forms.prepared))
  hooked = await compileWasm(await readRuntime(forms.hooked))
}, 120_000)

/** y = x·W, and the sum of some 4 MB of weights, so that opening the session takes memory. */
function graph(): Uint8Array {
  const g = onnxGraph('sum')
  const x = g.input('x', 'FP32', [-1, 2])
  const y = g.node('MatMul', [x, g.floats('w', Float32Array.of(1, 2, 3, 4), [2, 2])], 'xw')
  const wide = g.floats('wide', new Float32Array(WIDE).fill(0.5), [WIDE])
  g.output(
    g.node('Add', [y, g.node('ReduceMax', [wide], 'max', { keepdims: 0 })], 'y'),
    'FP32',
    [-1, 2],
  )
  return g.bytes()
}

describe('an image of an open session', { timeout: 60_000 }, () => {
  test('goes on as the session that opens the graph itself, time and again', async () => {
    const bytes = serializeRuntimeImage(await makeImage(hooked, graph()))
    const opened = await runtime.createSession({ modelId: 'x', bytes: graph(), wasm: prepared })
    const expected = await opened.run(inputs)
    for (let i = 0; i < 3; i++) {
      const session = await runtime.createSession({ modelId: 'x', bytes, wasm: prepared })
      expect(await session.run(inputs)).toEqual(expected)
      expect(await session.run(inputs)).toEqual(expected)
    }
  })

  test('takes the memory of what the session keeps, not of what opening it took', async () => {
    const { header } = await makeImage(hooked, graph())
    const opened = await runtime.createSession({ modelId: 'x', bytes: graph(), wasm: prepared })
    // 4 MB of weights lie in the graph, are copied once, and stay once
    expect(header.memoryBytes).toBeLessThan((opened.memoryBytes ?? 0) - WIDE * 4)
  })

  test('is the same whatever the time, the program, the language and chance', async () => {
    const image = async () => Buffer.from(serializeRuntimeImage(await makeImage(hooked, graph())))
    const first = await image()
    const [argument = ''] = process.argv.splice(
      1,
      1,
      '/some/other/and/rather/long/path/of/a/program.ts',
    )
    try {
      expect((await image()).equals(first)).toBe(true)
    } finally {
      process.argv.splice(1, 1, argument)
    }
    expect(performance.now()).toBeGreaterThan(0)
    expect(Date.now()).toBeGreaterThan(0)
  })

  test('is refused by the runtime as published, which it was not taken from', async () => {
    const bytes = serializeRuntimeImage(await makeImage(hooked, graph()))
    const published = await compileWasm(await readFile(PUBLISHED_RUNTIME))
    await expect(
      runtime.createSession({ modelId: 'x', bytes, wasm: published }),
    ).rejects.toMatchObject({
      code: 'model_unavailable',
      detail: expect.stringMatching(/build the model again/),
    })
  })

  test('of what is no graph is not made', async () => {
    await expect(makeImage(hooked, new Uint8Array(100))).rejects.toThrow(/model/i)
  })
})
