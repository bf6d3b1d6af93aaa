import { z } from 'zod'

import { decodeBase64 } from '#shared/base64.ts'

import type { Comparer } from '../comparer.ts'
import { together, unlike } from './alike.ts'
import { comparePictures } from './pictures.ts'

const Mask = z.looseObject({ label: z.string(), mask: z.base64() })

/** Masks by label, each a picture. */
export const masks: Comparer<readonly z.infer<typeof Mask>[]> = {
  answer: z.array(Mask),
  async compare(stable, candidate, tolerance) {
    const others = new Map(candidate.map(({ label, mask }) => [label, mask]))
    if (stable.length !== candidate.length || stable.some(({ label }) => !others.has(label))) {
      return unlike('it has masks of other labels')
    }
    const parts = stable.map(({ label, mask }) =>
      comparePictures(decodeBase64(mask), decodeBase64(others.get(label) ?? ''), tolerance),
    )
    return together(await Promise.all(parts))
  },
}
