import { z } from 'zod'

const DEFAULT_ROWS = 100
const MAX_ROWS = 500

/** Which part of a log is asked for, in a query. */
export const LogPage = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MAX_ROWS).default(DEFAULT_ROWS),
  /** Only what is older than the entry of this id: `next` of the page before. */
  before: z.coerce.number().int().min(1).optional(),
})
export type LogPage = z.infer<typeof LogPage>

/** The `before` of the next page; null where this one isn't full. The last one may be empty. */
export function nextPage(rows: readonly { id: number }[], { limit }: LogPage): number | null {
  return rows.length < limit ? null : (rows.at(-1)?.id ?? null)
}
