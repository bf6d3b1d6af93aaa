import { z } from 'zod'

import type { Comparer } from '../comparer.ts'
import { ALIKE, unlike } from './alike.ts'

/** Texts that were made or read: they are equal, but for the space between and around them, or they differ. */
export const texts: Comparer<readonly { generated_text: string }[]> = {
  answer: z.array(z.looseObject({ generated_text: z.string() })),
  compare: (stable, candidate) =>
    wholeOf(stable) === wholeOf(candidate) ? ALIKE : unlike('the text is another'),
}

function wholeOf(lines: readonly { generated_text: string }[]): string {
  const text = lines.map((line) => line.generated_text).join(' ')
  return text.replaceAll(/\s+/g, ' ').trim()
}
