import { findDifference } from '#shared/within-tolerance.ts'

import type { ModelFolder } from '../../workers/native/model-folders.ts'
import { exampleRequest } from './example-request.ts'
import { expectedAnswer } from './expected-answer.ts'
import { readAnswer } from './read-answer.ts'

export interface ExampleResult {
  capability: string
  model: string
  example: string
  node: string
  /** Undefined when the answer was the expected one. */
  problem: string | undefined
  ms: number
}

/** Sends every golden example of a model through the public endpoint and compares the answers. */
export async function runExamples(
  folder: ModelFolder,
  { url, key, cacheDir }: { url: string; key: string; cacheDir: string },
): Promise<ExampleResult[]> {
  const results: ExampleResult[] = []
  for (const example of folder.manifest.examples) {
    const { headers, body } = await exampleRequest(example, folder, cacheDir)
    const started = performance.now()
    const response = await fetch(`${url}/infer/${folder.manifest.capability}`, {
      method: 'POST',
      headers: {
        ...headers,
        authorization: `Bearer ${key}`,
        // an example is to show that a node answers, not that the router remembers
        'cache-control': 'no-cache',
        'mesh-model': folder.id,
        'mesh-deadline-ms': '60000',
      },
      body,
    })
    const answer = await readAnswer(response)
    const expected = await expectedAnswer(example, folder, cacheDir)
    results.push({
      capability: folder.manifest.capability,
      model: folder.id,
      example: example.name,
      node: response.headers.get('mesh-node') ?? '-',
      problem: response.ok
        ? await findDifference(answer, expected, example.tolerance)
        : `${response.status} ${JSON.stringify(answer).slice(0, 300)}`,
      ms: performance.now() - started,
    })
  }
  return results
}
