import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { onnxGraph } from '../onnx-graph.ts'
import { sha256 } from './digest.ts'
import { explainReceipt } from './explain-receipt.ts'
import { Receipt } from './receipt.ts'
import { PUBLISHED_RUNTIME } from './runtime-forms.ts'
import { reluGraph, TINY_CODEC, TINY_INDEX, TinyModel } from './tiny-model.ts'

let tiny: TinyModel

beforeEach(async () => {
  tiny = await TinyModel.create()
})
afterEach(() => tiny[Symbol.asyncDispose]())

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

describe('the build', { timeout: 60_000 }, () => {
  test('makes an optimised graph, a cut runtime and a receipt that says what they are', async () => {
    const graph = reluGraph()
    await tiny.write(graph)
    const [built] = await tiny.build()
    expect(built).toMatchObject({ id: 'tiny', rebuilt: true })
    const receipt = Receipt.parse(JSON.parse(String(await tiny.artefact('receipt.json'))))
    const published = await readFile(PUBLISHED_RUNTIME)
    expect(receipt).toMatchObject({
      sources: { 'graphs.model': sha256(graph) },
      graphs: {
        model: {
          source: { sha256: sha256(graph) },
          optimised: { sha256: sha256(await tiny.artefact('model.onnx')) },
          image: { sha256: sha256(await tiny.artefact('model.image')) },
          facts: { operators: { Relu: 1 }, parameters: 0, peakActivationBytes: 16 },
          optimisation: { maxAbsolute: 0 },
        },
      },
      runtime: {
        sha256: sha256(await tiny.artefact('ort.wasm')),
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
    await tiny.write(motleyGraph())
    const [first] = await tiny.build()
    await rm(tiny.outputDir, { recursive: true })
    const [second] = await tiny.build({ cacheDir: tiny.emptyCacheDir })
    const reproducible = ({ measured: _, verdict: __, ...rest }: Receipt) => rest
    if (!first || !second) throw new Error('a model was built')
    expect(reproducible(second.receipt)).toEqual(reproducible(first.receipt))
  }, 120_000)

  test('keeps the published runtime when asked, and cuts it when not', async () => {
    await tiny.write(reluGraph())
    const [whole] = await tiny.build({ cut: false })
    expect(sha256(await tiny.artefact('ort.wasm'))).toBe(sha256(await readFile(PUBLISHED_RUNTIME)))
    expect(whole?.receipt.runtime?.cut).toBeUndefined()
    const [cut] = await tiny.build()
    expect(cut?.rebuilt).toBe(true)
    expect(whole?.receipt.graphs.model?.image).toBeUndefined()
    expect(cut?.receipt.runtime?.cut?.functions.kept).toBeGreaterThan(100)
  })

  test('keeps the published runtime of a model whose manifest says so', async () => {
    await tiny.write(reluGraph(), { runtime: 'published' })
    const [built] = await tiny.build()
    expect(built?.receipt.runtime?.cut).toBeUndefined()
    expect(sha256(await tiny.artefact('ort.wasm'))).toBe(sha256(await readFile(PUBLISHED_RUNTIME)))
    expect((await tiny.build())[0]?.rebuilt).toBe(false)
  })

  test('makes an artefact anew that is no longer what the receipt says', async () => {
    await tiny.write(reluGraph())
    await tiny.build()
    const image = await tiny.artefact('model.image')
    for (const damaged of ['model.image', 'model.onnx', 'ort.wasm']) {
      await writeFile(join(tiny.outputDir, 'models', 'tiny', damaged), 'damaged')
      expect((await tiny.build())[0]?.rebuilt).toBe(true)
    }
    await rm(join(tiny.outputDir, 'models', 'tiny', 'model.image'))
    expect((await tiny.build())[0]?.rebuilt).toBe(true)
    expect((await tiny.artefact('model.image')).equals(image)).toBe(true)
  })

  test('leaves the artefacts that the codec imports to the build in progress', async () => {
    const dir = await tiny.write(reluGraph())
    await writeFile(join(dir, 'codec.ts'), `import '#artefacts/tiny/absent.json'\n${TINY_CODEC}`)
    await expect(tiny.build()).rejects.toThrow(/absent.json/)
  })

  test('does nothing when nothing changed, and all when the source did', async () => {
    await tiny.write(reluGraph())
    await tiny.build()
    expect((await tiny.build())[0]?.rebuilt).toBe(false)
    await tiny.write(reluGraph(), { claims: [{ metric: 'x', value: 1, on: 'y' }] })
    expect((await tiny.build())[0]?.rebuilt).toBe(false)
    const g = onnxGraph('other')
    g.output(g.node('Abs', [g.input('x', 'FP32', [-1, 2])], 'y'), 'FP32', [-1, 2])
    await tiny.write(g.bytes())
    expect((await tiny.build())[0]?.rebuilt).toBe(true)
  })

  test('leaves one whole result when two run at once', async () => {
    await tiny.write(reluGraph())
    await Promise.allSettled([tiny.build(), tiny.build()])
    expect((await tiny.build())[0]?.rebuilt).toBe(false)
    expect((await tiny.artefact('model.onnx')).length).toBeGreaterThan(100)
  })

  test('keeps the last good artefacts when a new build fails', async () => {
    await tiny.write(reluGraph())
    await tiny.build()
    await tiny.write(new TextEncoder().encode('no graph at all'))
    await expect(tiny.build()).rejects.toThrow(/\[tiny\] graph 'model' is not a graph/)
    expect((await tiny.artefact('model.onnx')).length).toBeGreaterThan(100)
  })
})

test('models of one group share a runtime that holds what each of them uses', async () => {
  const folder = await tiny.write(reluGraph(), { runtimeGroup: 'small' })
  const g = onnxGraph('soft')
  const x = g.input('x', 'FP32', [-1, 2])
  g.output(g.node('Softmax', [x], 'y', { axis: -1 }), 'FP32', [-1, 2])
  const other = join(tiny.modelsDir, 'other')
  await cp(folder, other, { recursive: true })
  await writeFile(join(other, 'model.onnx'), g.bytes())
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'))
  manifest.id = 'other'
  manifest.source.graphs.model.sha256 = sha256(g.bytes())
  await writeFile(join(other, 'manifest.json'), JSON.stringify(manifest))
  await writeFile(join(other, 'index.ts'), TINY_INDEX.replaceAll('tiny', 'other'))

  const [first, second] = await tiny.build()
  expect(first?.receipt.runtime?.sha256).toBe(second?.receipt.runtime?.sha256)
  expect(first?.receipt.runtime?.cut?.models).toEqual(['other', 'tiny'])
}, 60_000)
