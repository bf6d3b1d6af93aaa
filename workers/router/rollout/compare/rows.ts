import { z } from 'zod'

import type { Comparer } from '../comparer.ts'
import { unlike } from './alike.ts'

const Row = z.looseObject({ label: z.string(), score: z.number() })

/** One label a row of a table: agrees when no more rows than the tolerance have another, which is the difference. */
export const rows: Comparer<readonly z.infer<typeof Row>[]> = {
  answer: z.array(Row).min(1),
  compare(stable, candidate, tolerance) {
    if (stable.length !== candidate.length) return unlike('it has another number of rows')
    const differing = stable.filter(({ label }, i) => candidate[i]?.label !== label).length
    const difference = differing / stable.length
    return difference <= tolerance
      ? { agrees: true, difference }
      : {
          agrees: false,
          difference,
          reason: `${differing} of ${stable.length} rows have another label`,
        }
  },
}
