import type { z } from 'zod'

import type { TaskParameters } from './codec.ts'
import { describeIssues } from './describe-issues.ts'
import { MeshError } from './mesh-error.ts'

/** Parses a codec's parameters. Throws `invalid_request` that names the wrong and unknown ones. */
export function parseParameters<T>(
  schema: z.ZodType<T>,
  parameters: TaskParameters,
  modelId: string,
): T {
  const parsed = schema.safeParse(parameters)
  if (parsed.success) return parsed.data
  throw new MeshError('invalid_request', `[${modelId}] parameters: ${describeIssues(parsed.error)}`)
}
