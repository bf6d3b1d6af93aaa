import { z } from 'zod'

import { parseDeadline } from '#shared/deadline.ts'
import { Capability, ModelId, ModelVersion } from '#shared/manifest.ts'
import { MeshError } from '#shared/mesh-error.ts'
import {
  DEADLINE_HEADER,
  DEFAULT_DEADLINE_MS,
  MAX_DEADLINE_MS,
  REQUEST_ID_HEADER,
} from '#shared/protocol.ts'
import { TaskInputs } from '#shared/task-inputs.ts'

const PLACEMENT_HEADER = 'mesh-placement'
const MODEL_HEADER = 'mesh-model'
const KNOWN_HEADERS = [DEADLINE_HEADER, PLACEMENT_HEADER, MODEL_HEADER, REQUEST_ID_HEADER]

/** What a caller may ask of the answer; all optional. */
export const ConstraintFields = z
  .strictObject({
    deadlineMs: z.int().min(1).max(MAX_DEADLINE_MS).optional(),
    placement: z.enum(['edge', 'native', 'any']).optional(),
    model: ModelId.optional(),
    version: ModelVersion.optional(),
  })
  .refine(({ model, version }) => version === undefined || model !== undefined, {
    error: 'a version needs its model',
    path: ['version'],
  })
export type ConstraintFields = z.infer<typeof ConstraintFields>

/** The constraints of a request, with the defaults where it has none. */
export interface Constraints extends ConstraintFields {
  deadlineMs: number
  placement: 'edge' | 'native' | 'any'
}

/** The body of `POST /infer`. */
export const Envelope = z.strictObject({
  capability: Capability,
  inputs: TaskInputs,
  parameters: z.record(z.string(), z.unknown()).optional(),
  constraints: ConstraintFields.optional(),
})
export type Envelope = z.infer<typeof Envelope>

/**
 * Constraints from the headers `mesh-deadline-ms`, `mesh-placement` and `mesh-model: <id>[@<version>]`;
 * what the envelope says as well, it says better. Throws `invalid_request`, also on a `mesh-` header
 * that isn't known: a constraint that was silently ignored would be a broken promise.
 */
export function constraintsOf(headers: Headers, envelope: ConstraintFields = {}): Constraints {
  for (const name of headers.keys()) {
    if (name.startsWith('mesh-') && !KNOWN_HEADERS.includes(name)) {
      throw new MeshError(
        'invalid_request',
        `the header ${name.slice(0, 64)} is not known; there are ${KNOWN_HEADERS.join(', ')}`,
      )
    }
  }
  const [model, version, ...more] = headers.get(MODEL_HEADER)?.split('@') ?? []
  const parsed = ConstraintFields.safeParse({
    placement: headers.get(PLACEMENT_HEADER) ?? undefined,
    model: more.length > 0 ? headers.get(MODEL_HEADER) : model,
    version,
  })
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path, message }) =>
      path[0] === 'placement' ? `${PLACEMENT_HEADER}: ${message}` : `${MODEL_HEADER}: ${message}`,
    )
    throw new MeshError('invalid_request', wrong.join('; '))
  }
  // a pin is one thing: the envelope's model with the header's version would be neither
  const pin = envelope.model === undefined ? parsed.data : envelope
  return {
    deadlineMs:
      envelope.deadlineMs ??
      (headers.has(DEADLINE_HEADER) ? parseDeadline(headers) : DEFAULT_DEADLINE_MS),
    placement: envelope.placement ?? parsed.data.placement ?? 'any',
    model: pin.model,
    version: pin.version,
  }
}
