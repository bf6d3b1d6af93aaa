import { z } from 'zod'

import { fontFile, renderText } from '../../examples/render-text.ts'
import type { Evaluation } from '../evaluation.ts'

/** Sentences as in a letter, and strings as on an invoice. */
const LINES = [
  'All human beings are born free and equal in dignity and rights.',
  'They are endowed with reason and conscience.',
  'Everyone has the right to life, liberty and security of person.',
  'No one shall be held in slavery or servitude.',
  'Everyone has the right to a nationality.',
  'Everyone has the right to rest and leisure.',
  'Invoice 2026-1187 of 24 November 2026',
  'Total 1,284.50 EUR including 19 % VAT',
  'IBAN DE89 3704 0044 0532 0130 00',
  'Order No. 7731, 3 pieces, 14.90 each',
  'Phone +49 30 1234567, ext. 42',
  'Serial SN-48A7-Q9, revision C',
]
const SIZES = [18, 22, 28, 36, 44]
const Answer = z.array(z.object({ generated_text: z.string() })).length(1)

/** Character error rate (edits over characters) and exact lines, on text rendered in DejaVu Sans: clean and easy. */
const evaluation: Evaluation = async ({ model, quick, cacheDir, log }) => {
  const font = await fontFile('DejaVu Sans', cacheDir, log)
  let edits = 0
  let characters = 0
  let exact = 0
  let n = 0
  for (const size of quick ? SIZES.slice(2, 3) : SIZES) {
    for (const text of LINES) {
      const page = {
        width: Math.ceil(text.length * size * 0.62) + 2 * size,
        height: Math.ceil(size * 1.6),
      }
      const bytes = renderText(
        { ...page, lines: [{ text, x: size / 2, y: size * 1.15, size }] },
        'DejaVu Sans',
        font,
      )
      const [answer] = Answer.parse(await model.predict({ mediaType: 'image/png', bytes }, {}))
      const read = answer?.generated_text ?? ''
      // the recognition model is known to lose and add spaces: they are counted apart
      edits += editDistance(read.replaceAll(' ', ''), text.replaceAll(' ', ''))
      characters += text.replaceAll(' ', '').length
      if (read === text) exact++
      n++
    }
  }
  const on = `rendered lines, DejaVu Sans, ${quick ? 28 : '18 to 44'} px`
  return [
    { metric: 'CER without spaces', value: edits / characters, n, on },
    { metric: 'exact lines', value: exact / n, n, on },
  ]
}
export default evaluation

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitute = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitute))
    }
    row = next
  }
  return row[b.length] ?? 0
}
