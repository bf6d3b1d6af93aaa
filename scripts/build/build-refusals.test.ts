import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import onnxProto from 'onnx-proto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { onnxGraph } from '../onnx-graph.ts'
import { reluGraph, TinyModel } from './tiny-model.ts'

const { onnx } = onnxProto

let tiny: TinyModel

beforeEach(async () => {
  tiny = await TinyModel.create()
})
afterEach(() => tiny[Symbol.asyncDispose]())

describe('the build stops and says what to do', { timeout: 60_000 }, () => {
  test('when a file is not what the manifest names', async () => {
    const dir = await tiny.write(reluGraph())
    await writeFile(join(dir, 'model.onnx'), 'tampered')
    await expect(tiny.build()).rejects.toThrow(
      /\[tiny\] model.onnx is not what the manifest names\n {2}expected sha256 [0-9a-f]{64}\n {2}found/,
    )
  })

  test('when a file is missing', async () => {
    const dir = await tiny.write(reluGraph())
    await rm(join(dir, 'model.onnx'))
    await expect(tiny.build()).rejects.toThrow(/\[tiny\] there is no file model.onnx/)
  })

  test("when the manifest's tensors are not the graph's", async () => {
    await tiny.write(reluGraph(), {
      inputs: [{ name: 'pixels', datatype: 'FP32', shape: [-1, 2] }],
    })
    await expect(tiny.build()).rejects.toThrow(
      /manifest: pixels FP32\[-1,2\][\s\S]*graph: {4}x float32/,
    )
    await tiny.write(reluGraph(), { outputs: [{ name: 'y', datatype: 'INT64', shape: [-1, 2] }] })
    await expect(tiny.build()).rejects.toThrow(/names other outputs/)
  })

  test('when the manifest has a field it does not know, a path that climbs out, or the wrong id', async () => {
    await tiny.write(reluGraph(), { surprise: 1 })
    await expect(tiny.build()).rejects.toThrow(/surprise/)
    const source = {
      type: 'files',
      graphs: { model: { type: 'file', path: '../secret', sha256: '0'.repeat(64) } },
    }
    await tiny.write(reluGraph(), { source })
    await expect(tiny.build()).rejects.toThrow(/must be a relative path that stays inside/)
    const graphs = { model: { type: 'file', path: 'model.onnx', sha256: '0'.repeat(64) } }
    for (const name of ['../../escaped', 'a/b', 'Model']) {
      const escaping = Object.fromEntries([...Object.entries(graphs), [name, graphs.model]])
      await tiny.write(reluGraph(), { source: { type: 'files', graphs: escaping } })
      await expect(tiny.build()).rejects.toThrow(/kebab-case|source/)
    }
    await tiny.write(reluGraph(), { id: 'other' })
    await expect(tiny.build()).rejects.toThrow(/says id 'other'/)
  })

  test('when no runtime knows an operator', async () => {
    const g = onnxGraph('odd')
    g.output(g.node('NoSuchOperator', [g.input('x', 'FP32', [-1, 2])], 'y'), 'FP32', [-1, 2])
    await tiny.write(g.bytes())
    await expect(tiny.build()).rejects.toThrow(
      /\[tiny\] graph 'model'[\s\S]*NoSuchOperator[\s\S]*opset/,
    )
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
    await tiny.write(reluGraph(), { source })
    await expect(tiny.build()).rejects.toThrow(
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
    await tiny.write(g.bytes(), { inputs: tensors('x'), outputs: tensors('y') })
    await expect(tiny.build({ cut: false })).rejects.toThrow(
      /\[tiny\] asks for the edge and does not fit there:[\s\S]*DOES NOT FIT: linear memory[\s\S]*of 96 MB[\s\S]*"placement": \["native"\]/,
    )
    await tiny.write(g.bytes(), {
      inputs: tensors('x'),
      outputs: tensors('y'),
      placement: ['native'],
    })
    expect((await tiny.build())[0]?.receipt.verdict).toMatchObject({ placement: 'native' })
  }, 120_000)

  test('and has a graph that no example runs is refused', async () => {
    const dir = await tiny.write(reluGraph())
    await writeFile(join(dir, 'codec.ts'), 'export const codec = { predict: async () => [] }\n')
    await expect(tiny.build()).rejects.toThrow(/no example runs the graph 'model'/)
    await writeFile(join(dir, 'codec.ts'), 'export const other = 1\n')
    await expect(tiny.build()).rejects.toThrow(/codec.ts must export `codec`/)
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
  await tiny.write(graph)
  await expect(tiny.build()).rejects.toThrow(/\[tiny\] graph 'model'[\s\S]*IsAllFinite/)
})
