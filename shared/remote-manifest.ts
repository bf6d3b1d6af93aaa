import { z } from 'zod'

import { Manifest, Placement, TensorSpec } from './manifest.ts'
import { AnswerMediaType } from './media-answer.ts'
import { MAX_BODY_BYTES } from './protocol.ts'

const OfManifest = Manifest.pick({
  $schema: true,
  id: true,
  version: true,
  title: true,
  description: true,
  capability: true,
  license: true,
  inputs: true,
  outputs: true,
  labels: true,
  claims: true,
})

/** Examples are stored with the manifest. */
const MAX_EXAMPLES = 16
const MAX_EXAMPLE_TENSORS = 16
const MAX_EXAMPLE_ELEMENTS = 10_000

/** A task-level field, which a model that takes tensors only leaves out. */
const none = <T extends z.ZodType>(element: T) =>
  z.array(element).max(0, 'must be left out: a remote model takes tensors only').default([])

const ExampleTensor = TensorSpec.extend({
  shape: z.array(z.int().min(0)).max(8),
  /** Row by row, as JSON of the protocol has it. */
  data: z.array(z.union([z.number(), z.string(), z.boolean()])).max(MAX_EXAMPLE_ELEMENTS),
}).refine(({ shape, data }) => shape.reduce((product, size) => product * size, 1) === data.length, {
  error: 'must have as many elements as its shape says',
  path: ['data'],
})

/** A golden example in tensors: what goes in, which outputs must come out. */
const TensorExample = z.strictObject({
  name: z.string().min(1).max(80),
  inputs: z.array(ExampleTensor).min(1).max(MAX_EXAMPLE_TENSORS),
  outputs: z.array(ExampleTensor).min(1).max(MAX_EXAMPLE_TENSORS),
  /** Largest absolute difference of any number from `outputs`. */
  tolerance: z.number().min(0),
})
export type TensorExample = z.infer<typeof TensorExample>

/**
 * The manifest of a model that another server of the Open Inference Protocol has. There is no folder of
 * it here, so no codec: it takes tensors only, and nothing of the task level is said of it.
 */
export const RemoteManifest = OfManifest.extend({
  source: z.strictObject({ type: z.literal('remote') }),
  /** A deployment says which of the two its server is to callers. */
  placement: z.array(Placement).min(1).default(['edge', 'native']),
  accepts: none(z.string()),
  produces: none(AnswerMediaType),
  /** Without any, nobody can tell whether its server has the model. */
  examples: z.array(TensorExample).max(MAX_EXAMPLES).default([]),
  /** Its server's own are what counts; these are the mesh's. */
  limits: z
    .strictObject({
      inputBytes: z.int().positive().max(MAX_BODY_BYTES),
      tensorElements: z.int().positive().max(MAX_BODY_BYTES),
    })
    .default({ inputBytes: MAX_BODY_BYTES, tensorElements: MAX_BODY_BYTES }),
})
export type RemoteManifest = z.infer<typeof RemoteManifest>

/** What the registry holds: of a model folder, or of a model elsewhere. */
export type RegisteredManifest = Manifest | RemoteManifest

/** Whether a model takes tensors only, since no folder here has its codec. */
export function isRemote(manifest: RegisteredManifest): manifest is RemoteManifest {
  return 'type' in manifest.source && manifest.source.type === 'remote'
}

const SaysRemote = z.looseObject({ source: z.looseObject({ type: z.literal('remote') }) })

/** Either manifest; what is wrong is told of the kind that its `source` says it is. */
export const RegisteredManifest = z.unknown().transform((value, ctx): RegisteredManifest => {
  const kind = SaysRemote.safeParse(value).success ? RemoteManifest : Manifest
  const parsed = kind.safeParse(value)
  if (parsed.success) return parsed.data
  for (const { message, path } of parsed.error.issues) {
    ctx.addIssue({ code: 'custom', message, path })
  }
  return z.NEVER
})
