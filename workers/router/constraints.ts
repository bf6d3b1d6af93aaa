import { z } from 'zod'

import { Capability, ModelId, ModelVersion } from '#shared/manifest.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { DEADLINE_HEADER, DEFAULT_DEADLINE_MS, MAX_DEADLINE_MS } from '#shared/protocol.ts'

/** What a caller may ask of the answer; all optional. */
export const Constraints = z.strictObject({
  deadlineMs: z.int().min(1).max(MAX_DEADLINE_MS).default(DEFAULT_DEADLINE_MS),
  placement: z.enum(['edge', 'native', 'any']).default('any'),
  model: ModelId.optional(),
  version: ModelVersion.optional(),
})
export type Constraints = z.infer<typeof Constraints>

/** The body of `POST /infer`. */
export const Envelope = z.strictObject({
  capability: Capability,
  inputs: z.string(),
  parameters: z.record(z.string(), z.unknown()).optional(),
  constraints: Constraints.prefault({}),
})
export type Envelope = z.infer<typeof Envelope>

const WHOLE_NUMBER = /^\d{1,9}$/

/** Constraints from headers: `mesh-deadline-ms`, `mesh-placement`, `mesh-model: <id>[@<version>]`. Throws `invalid_request`. */
export function constraintsFromHeaders(headers: Headers): Constraints {
  const deadline = headers.get(DEADLINE_HEADER)
  const [model, version] = headers.get('mesh-model')?.split('@') ?? []
  const given = {
    deadlineMs:
      deadline !== null && WHOLE_NUMBER.test(deadline) ? Number(deadline) : (deadline ?? undefined),
    placement: headers.get('mesh-placement') ?? undefined,
    model,
    version,
  }
  const parsed = Constraints.safeParse(given)
  if (parsed.success) return parsed.data
  const wrong = parsed.error.issues.map((issue) => `${headerOf(issue.path[0])}: ${issue.message}`)
  throw new MeshError('invalid_request', `constraints are not valid: ${wrong.join('; ')}`)
}

function headerOf(field: PropertyKey | undefined): string {
  if (field === 'deadlineMs') return DEADLINE_HEADER
  return field === 'placement' ? 'mesh-placement' : 'mesh-model'
}
