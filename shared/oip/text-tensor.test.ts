import { expect, test } from 'vitest'

import { modelEntry } from '../../workers/router/registry/registry-fixture.ts'
import { boundConcurrency } from '../admission.ts'
import type { Codec } from '../codec.ts'
import { LoadedModel } from '../loaded-model.ts'
import { MeshError } from '../mesh-error.ts'
import { runtime } from '../onnx-wasm.ts'
import { inferTexts } from './text-tensor.ts'

const soon = () => Date.now() + 10_000

function load(codec: Codec) {
  const accepts = ['message/rfc822', 'text/plain']
  const inputs = [{ name: 'words', datatype: 'FP32' as const, shape: [-1] }]
  return new LoadedModel({
    manifest: { ...modelEntry({ accepts }).manifest, inputs, textTensor: 'mail' },
    codec,
    loadGraph: () => new Uint8Array(0),
    runtime,
    admit: boundConcurrency(1, '[tone]'),
  })
}

function tensorOf(...texts: string[]) {
  const data = texts.map((text) => new TextEncoder().encode(text))
  return { datatype: 'BYTES' as const, shape: [data.length], data }
}

test('gives a model that also takes mails its texts as plain text', async () => {
  const model = load({ predict: async ({ mediaType }) => mediaType })
  const [answer] = await inferTexts(model, tensorOf('hello'), soon())
  expect(answer?.tensor.data).toEqual([new TextEncoder().encode('"text/plain"')])
})

test('takes one place for all texts and counts them as one request', async () => {
  let admitted = 0
  const model = load({
    async predict() {
      admitted++
      await new Promise((resolve) => setTimeout(resolve, 1))
      return admitted
    },
  })
  const list = inferTexts(model, tensorOf('a', 'b', 'c', 'd', 'e', 'f'), soon())
  await expect(inferTexts(model, tensorOf('x'), soon())).rejects.toMatchObject({
    code: 'overloaded',
  })
  const [answer] = await list
  expect(answer?.tensor.shape).toEqual([6])
  expect(model.counter.statistics('tone', '1')).toMatchObject({
    inference_count: 6,
    inference_stats: { success: { count: 1 } },
  })
})

test('names the wrong text by its tensor and its place', async () => {
  const model = load({
    async predict({ bytes }) {
      if (bytes[0] === 0x62) throw new MeshError('invalid_input', 'no word in it')
      return 0
    },
  })
  await expect(inferTexts(model, tensorOf('a', 'b'), soon())).rejects.toThrow(
    'mail[1]: no word in it',
  )
  await expect(inferTexts(model, tensorOf('a', ''), soon())).rejects.toThrow('mail[1] is empty')
})

test('begins no text after the deadline', async () => {
  let begun = 0
  const model = load({
    async predict() {
      begun++
      await new Promise((resolve) => setTimeout(resolve, 30))
    },
  })
  const late = inferTexts(model, tensorOf('a', 'b', 'c', 'd', 'e', 'f'), Date.now() + 40)
  await expect(late).rejects.toMatchObject({ code: 'deadline_exceeded' })
  expect(begun).toBeLessThan(4)
})
