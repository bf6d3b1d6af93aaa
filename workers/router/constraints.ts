import { z } from 'zod'

import { parseDeadline } from '#shared/deadline.ts'
import { Capability, ModelId, ModelVersion } from '#shared/manifest.ts'
import { AnswerMediaType } from '#shared/media-answer.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { DEADLINE_HEADER, MAX_DEADLINE_MS, REQUEST_ID_HEADER } from '#shared/protocol.ts'
import { TaskInputs } from '#shared/task-inputs.ts'

import { Region } from './admin/admin-bodies.ts'
import { Objective } from './ranking/objective.ts'

const MODEL_HEADER = 'mesh-model'
/** Headers that are fields of the same meaning. */
const HEADER_OF = {
  placement: 'mesh-placement',
  region: 'mesh-region',
  objective: 'mesh-objective',
  minAccuracy: 'mesh-min-accuracy',
  language: 'mesh-language',
  labels: 'mesh-labels',
  produces: 'mesh-produces',
  shape: 'mesh-shape',
  priority: 'mesh-priority',
  sticky: 'mesh-sticky',
} as const
const KNOWN_HEADERS: readonly string[] = [
  DEADLINE_HEADER,
  REQUEST_ID_HEADER,
  MODEL_HEADER,
  ...Object.values(HEADER_OF),
]
const MAX_LABELS = 64
const MAX_DIMENSIONS = 8

/** What a caller may ask of the answer; all optional. */
export const ConstraintFields = z
  .strictObject({
    deadlineMs: z.int().min(1).max(MAX_DEADLINE_MS).optional(),
    /** `edge-only`: nor may the input leave this account's edge, were the edge to fail. */
    placement: z.enum(['edge', 'native', 'any', 'edge-only']).optional(),
    region: Region.optional(),
    model: ModelId.optional(),
    version: ModelVersion.optional(),
    objective: Objective.optional(),
    /** `low` waits behind others, and is refused first, where there is no room. */
    priority: z.enum(['low', 'normal']).optional(),
    /** As measured by the mesh; a claim doesn't count. */
    minAccuracy: z.number().min(0).max(1).optional(),
    /** Of the input: a BCP 47 tag. */
    language: z
      .string()
      .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}$/)
      .optional(),
    /** That the answer must be able to be. */
    labels: z.array(z.string().min(1).max(128)).max(MAX_LABELS).optional(),
    /** Whom the caller asks for: during a rollout, the same version answers the same one. */
    sticky: z
      .string()
      .regex(/^[\x21-\x7e]{1,128}$/)
      .optional(),
    /** Media type of the answer. */
    produces: AnswerMediaType.optional(),
    /** Of a tensor that the model puts out; -1 for a dimension that may be any. */
    shape: z.array(z.int().min(-1)).min(1).max(MAX_DIMENSIONS).optional(),
  })
  .refine(({ model, version }) => version === undefined || model !== undefined, {
    error: 'a version needs its model',
    path: ['version'],
  })
export type ConstraintFields = z.infer<typeof ConstraintFields>

/** The constraints of a request, with the defaults where it has none. */
export interface Constraints extends ConstraintFields {
  deadlineMs: number
  placement: 'edge' | 'native' | 'any' | 'edge-only'
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
  const names = Array.from(headers.keys()).filter((name) => name.startsWith('mesh-'))
  const unknown = names.find((name) => !KNOWN_HEADERS.includes(name))
  if (unknown !== undefined) {
    throw new MeshError(
      'invalid_request',
      `the header ${unknown.slice(0, 64)} is not known; there are ${KNOWN_HEADERS.join(', ')}`,
    )
  }
  // most requests have none, and pay for no schema
  const told: ConstraintFields = names.length === 0 ? {} : parseFields(headers)
  // a pin is one thing: the envelope's model with the header's version would be neither
  const pin = envelope.model === undefined ? told : envelope
  return {
    ...told,
    ...envelope,
    deadlineMs: envelope.deadlineMs ?? parseDeadline(headers),
    placement: envelope.placement ?? told.placement ?? 'any',
    model: pin.model,
    version: pin.version,
  }
}

function parseFields(headers: Headers): ConstraintFields {
  const [model, version, ...more] = headers.get(MODEL_HEADER)?.split('@') ?? []
  const parsed = ConstraintFields.safeParse({
    ...fieldsOf(headers),
    model: more.length > 0 ? headers.get(MODEL_HEADER) : model,
    version,
  })
  if (parsed.success) return parsed.data
  const wrong = parsed.error.issues.map(({ path, message }) => `${headerOf(path[0])}: ${message}`)
  throw new MeshError('invalid_request', wrong.join('; '))
}

/** The fields that headers give, each as its schema takes it. */
function fieldsOf(headers: Headers): Record<string, unknown> {
  const given = Object.entries(HEADER_OF).flatMap(([field, header]) => {
    const value = headers.get(header)
    return value === null ? [] : [[field, valueOf(field, value)] as const]
  })
  return Object.fromEntries(given)
}

function valueOf(field: string, value: string): unknown {
  if (field === 'minAccuracy') return /^[\d.]+$/.test(value) ? Number(value) : value
  if (field === 'shape') {
    return value.split(',').map((dim) => (/^(-1|\d{1,9})$/.test(dim.trim()) ? Number(dim) : dim))
  }
  if (field === 'labels') return value.split(',').map((label) => label.trim())
  return value
}

function headerOf(field: PropertyKey | undefined): string {
  return Object.entries(HEADER_OF).find(([name]) => name === field)?.[1] ?? MODEL_HEADER
}
