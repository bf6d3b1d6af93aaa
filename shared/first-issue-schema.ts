import { z } from 'zod'

/**
 * A schema of `T` that stops at the first thing that is wrong. zod's own lists make an issue for each wrong
 * element, and those of a million take more memory than an isolate has.
 *
 * @param findWrong what is wrong with a value, as a sentence; undefined when it is a `T`
 * @param shape what the schema says of itself in JSON Schema
 */
export function firstIssueSchema<T>(
  findWrong: (value: unknown) => string | undefined,
  shape: object,
): z.ZodType<T> {
  return z
    .custom<T>((value) => findWrong(value) === undefined, {
      error: ({ input }) => findWrong(input) ?? 'is wrong',
    })
    .meta({ ...shape })
}
