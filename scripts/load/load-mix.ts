import type { ModelFolder } from '../../workers/native/model-folders.ts'
import { exampleRequest } from '../mesh/example-request.ts'
import { expectedAnswer } from '../mesh/expected-answer.ts'
import { AnswerCheck } from './answer-check.ts'

/** A request that is made again and again. */
export interface LoadRequest {
  capability: string
  path: string
  headers: Readonly<Record<string, string>>
  body: Buffer
  check: AnswerCheck
}

/**
 * The golden examples of the models, one of each model after the other, so that whoever goes through them spreads
 * evenly. The keys take turns. Nothing is answered from the cache.
 */
export async function loadMix(
  folders: readonly ModelFolder[],
  { keys, cacheDir }: { keys: readonly string[]; cacheDir: string },
): Promise<LoadRequest[]> {
  const rounds = Math.max(...folders.map(({ manifest }) => manifest.examples.length))
  const requests: LoadRequest[] = []
  for (let round = 0; round < rounds; round++) {
    for (const folder of folders) {
      const { capability, examples } = folder.manifest
      const example = examples[round % examples.length]
      const key = keys[requests.length % keys.length]
      if (!example || key === undefined) continue
      const { headers, body } = await exampleRequest(example, folder, cacheDir)
      const expected = await expectedAnswer(example, folder, cacheDir)
      requests.push({
        capability,
        path: `/infer/${capability}`,
        headers: { ...headers, authorization: `Bearer ${key}`, 'cache-control': 'no-store' },
        body: Buffer.from(body),
        check: new AnswerCheck({ expected, tolerance: example.tolerance }),
      })
    }
  }
  return requests
}
