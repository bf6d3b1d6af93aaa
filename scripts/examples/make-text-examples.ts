/** Makes the committed images of the text models' golden examples: `node scripts/examples/make-text-examples.ts`. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { MODELS_DIR, OUTPUT_DIR } from '../paths.ts'
import { fontFile, renderText, type Page } from './render-text.ts'

const line = (text: string, size: number): Page => ({
  width: Math.ceil(text.length * size * 0.62) + 2 * size,
  height: Math.ceil(size * 1.6),
  lines: [{ text, x: size / 2, y: size * 1.15, size }],
})

const IMAGES: Record<string, Page> = {
  'text-line-ocr/examples/invoice.png': line('Invoice No. 2026-1142, due 15 December', 28),
  'text-line-ocr/examples/sentence.png': line('All human beings are born free and equal.', 32),
  'text-line-ocr/examples/amount.png': line('Total: 1,284.50 EUR', 24),
  'document-ocr/examples/letter.png': {
    width: 720,
    height: 520,
    lines: [
      { text: 'Capillary', x: 60, y: 90, size: 44 },
      { text: 'Small models, close to the caller', x: 60, y: 150, size: 24 },
      { text: 'Order 7731', x: 60, y: 240, size: 26 },
      { text: 'Three sensors and one cable', x: 60, y: 285, size: 22 },
      { text: 'Total 249.00', x: 60, y: 330, size: 22 },
      { text: 'Paid on 24 November 2026', x: 60, y: 430, size: 22 },
    ],
  },
  'document-ocr/examples/columns.png': {
    width: 800,
    height: 300,
    lines: [
      { text: 'Left column', x: 50, y: 80, size: 28 },
      { text: 'Right column', x: 450, y: 80, size: 28 },
      { text: 'first entry', x: 50, y: 160, size: 24 },
      { text: 'second entry', x: 450, y: 160, size: 24 },
    ],
  },
  'document-ocr/examples/blank.png': { width: 320, height: 240, lines: [] },
  'face-detector/examples/blank.png': {
    width: 320,
    height: 240,
    lines: [{ text: 'no face here', x: 40, y: 120, size: 30 }],
  },
}

const font = await fontFile('DejaVu Sans', join(OUTPUT_DIR, 'cache'), console.log)
for (const [path, page] of Object.entries(IMAGES)) {
  const file = join(MODELS_DIR, path)
  await mkdir(join(file, '..'), { recursive: true })
  await writeFile(file, renderText(page, 'DejaVu Sans', font))
  console.log(path)
}
