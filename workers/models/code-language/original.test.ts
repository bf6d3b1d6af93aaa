/** The rebuilt graph against the original: guesslang's own tfjs graph, with its operators for strings, run by tfjs. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { loadGraphModel } from '@tensorflow/tfjs-converter'
import { env, string, tensor, Tensor } from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { z } from 'zod'

import { fetchSource } from '#scripts/build/fetch-source.ts'
import { ARTEFACTS_DIR, MODELS_DIR, OUTPUT_DIR } from '#scripts/paths.ts'
import type { LoadedModel } from '#shared/loaded-model.ts'

import { loadModels } from '../../native/load-models.ts'
import { readModelFolders } from '../../native/model-folders.ts'
import { bucketOf } from './count-bigrams.ts'

const Answer = z.array(z.object({ label: z.string(), score: z.number() }))
const TextExample = z.object({ text: z.string() })
const here = import.meta.dirname
const [folder] = readModelFolders(MODELS_DIR, ['code-language'])
if (!folder) throw new Error('this test stands in the folder of code-language')
const { manifest } = folder
const labels = manifest.labels ?? []

let model: LoadedModel | undefined
let original: Awaited<ReturnType<typeof loadGraphModel>>

beforeAll(async () => {
  await import('@tensorflow/tfjs-backend-cpu') // registers itself
  // tfjs 4 frees tensors of this graph's loop that it reads again: "Cannot read properties of undefined (reading 'backend')"
  env().set('KEEP_INTERMEDIATE_TENSORS', true)
  ;[model] = await loadModels([folder], ARTEFACTS_DIR)
  if (manifest.source.type !== 'recipe') throw new Error('the model is made by a recipe')
  const { 'model.json': graph, 'group1-shard1of1.bin': weights } = manifest.source.inputs
  if (!graph || !weights) throw new Error("the recipe's inputs are the original's files")
  const context = {
    modelId: manifest.id,
    modelDir: here,
    cacheDir: join(OUTPUT_DIR, 'cache'),
    log() {},
  }
  const json = JSON.parse(new TextDecoder().decode(await fetchSource(graph, context)))
  const bin = await fetchSource(weights, context)
  original = await loadGraphModel({
    load: async () => ({
      modelTopology: json.modelTopology,
      weightSpecs: json.weightsManifest[0].weights,
      weightData: new Uint8Array(bin).buffer,
      signature: json.signature,
    }),
  })
}, 60_000)

// ASCII only: tfjs takes each byte of a text for a character of UTF-8 and so makes U+FFFD of those from
// 0x80 on. TensorFlow, which trained the network, hashes the bytes as they are, and so does the codec.
const ascii = manifest.examples
  .map(({ name, input }) => [name, TextExample.parse(input).text] as const)
  .filter(([, text]) => /^[\0-\x7f]*$/.test(text))

test.each([
  ...ascii,
  ['its own source', readFileSync(join(here, 'codec.ts'), 'utf8')] as const,
  ['more than it looks at', readFileSync(join(here, 'manifest.json'), 'utf8').repeat(3)] as const,
  ['control characters', 'a\u0000b\u007f\u001b[0m\t'.repeat(40)] as const,
])(
  'gives the scores of the original: %s',
  async (_, text) => {
    const bytes = new TextEncoder().encode(text)
    const answer = Answer.parse(
      await model?.predict({ mediaType: 'text/plain', bytes }, { top_k: labels.length }),
    )
    const ours = new Map(answer.map(({ label, score }) => [label, score]))
    const theirs = await originalScores(text.replaceAll('\r\n', '\n'))
    labels.forEach((label, i) => {
      expect(Math.abs((ours.get(label) ?? 0) - (theirs[i] ?? 0)), label).toBeLessThanOrEqual(1e-5)
    })
  },
  60_000,
)

test('hashes all 65,536 bigrams into the buckets of the original', async () => {
  const words = Array.from({ length: 65_536 }, (_, i) => Uint8Array.of(i >> 8, 0x20, i & 0xff))
  const theirs = await string.stringToHashBucketFast(tensor(words, [65_536], 'string'), 5000).data()
  expect(words.map(([first = 0, , second = 0]) => bucketOf(first, second))).toEqual([...theirs])
})

async function originalScores(text: string): Promise<Float32Array> {
  const scores = await original.executeAsync(tensor([text]), 'head/predictions/probabilities')
  const data = scores instanceof Tensor ? await scores.data() : undefined
  if (data instanceof Float32Array) return data
  throw new Error('the original gives one tensor of scores')
}
