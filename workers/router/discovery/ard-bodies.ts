import { z } from 'zod'

export const MAX_PAGE = 100
const MAX_QUERY_CHARS = 1_000

const Filter = z
  .record(z.string().max(64), z.union([z.string().max(256), z.array(z.string().max(256)).max(32)]))
  .refine((filter) => Object.keys(filter).length <= 16, { error: 'has more than 16 fields' })
export type Filter = z.infer<typeof Filter>

/** Where the next page begins: how many entries came before. */
export const PageToken = z
  .string()
  .regex(/^\d{1,6}$/, 'must be one that an answer gave')
  .transform(Number)

/** The body of `POST /search`. */
export const SearchRequest = z.strictObject({
  query: z.strictObject({
    text: z.string().trim().min(1).max(MAX_QUERY_CHARS),
    filter: Filter.optional(),
  }),
  federation: z.enum(['auto', 'referrals', 'none']).default('auto'),
  pageSize: z.int().min(1).max(MAX_PAGE).default(10),
  pageToken: PageToken.optional(),
})

/** The body of `POST /explore`. */
export const ExploreRequest = z.strictObject({
  query: z
    .strictObject({
      text: z.string().trim().min(1).max(MAX_QUERY_CHARS).optional(),
      filter: Filter.optional(),
    })
    .default({}),
  resultType: z.strictObject({
    facets: z
      .array(
        z.strictObject({
          field: z.string().min(1).max(64),
          limit: z.int().min(1).max(MAX_PAGE).default(20),
          minCount: z.int().min(1).default(1),
        }),
      )
      .min(1)
      .max(8),
  }),
})

/** The query of `GET /agents`. */
export const ListQuery = z.strictObject({
  pageSize: z.coerce.number().int().min(1).max(MAX_PAGE).default(20),
  pageToken: PageToken.optional(),
})
