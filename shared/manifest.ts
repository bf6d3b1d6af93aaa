import { z } from 'zod'

import { AnswerMediaType, FileMediaType } from './media-answer.ts'
import { MAX_IMAGE_PIXELS } from './media/image.ts'
import { DATATYPE_NAMES } from './tensor.ts'

/** A model's id: the folder, the Worker `mesh-<id>`, the registry key. */
export const ModelId = z
  .string()
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'must be kebab-case')
  .max(48)

/** `<task>/<domain>`: a Hugging Face pipeline tag where one exists, then what it is about. */
export const Capability = z
  .string()
  .regex(
    /^[a-z0-9]+(-[a-z0-9]+)*\/[a-z0-9]+(-[a-z0-9]+)*$/,
    'must be <task>/<domain> in kebab-case',
  )
  .max(96)
export type Capability = z.infer<typeof Capability>

export const ModelVersion = z.string().regex(/^\d{1,4}(\.\d{1,4}){0,2}$/, 'must be like 1 or 1.2.0')

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits of SHA-256')

const FilePath = z
  .string()
  .min(1)
  .max(256)
  .refine((path) => !path.startsWith('/') && !path.split('/').includes('..'), {
    error: 'must be a relative path that stays inside',
  })

const LocalFile = z.strictObject({ type: z.literal('file'), path: FilePath, sha256: Sha256 })

/** One file from outside or beside the model, always with its digest. */
export const SourceFile = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('npm'),
    package: z.string().regex(/^(@[\w.-]+\/)?[\w.-]+@\d[\w.+-]*$/, 'must be name@exact-version'),
    path: FilePath,
    sha256: Sha256,
  }),
  LocalFile,
  z.strictObject({ type: z.literal('https'), url: z.url({ protocol: /^https$/ }), sha256: Sha256 }),
])
export type SourceFile = z.infer<typeof SourceFile>

/** A seeded script in the model's folder that makes the graphs from `inputs`. */
const Recipe = z.strictObject({
  type: z.literal('recipe'),
  script: FilePath,
  /** Files by the name the script reads them by. */
  inputs: z.record(z.string(), SourceFile),
  /** Whole packages by name, for data sets of thousands of files; digest of the package's tarball. */
  packages: z
    .record(z.string(), z.strictObject({ package: z.string(), sha256: Sha256 }))
    .default({}),
})
export type Recipe = z.infer<typeof Recipe>

/** Formats besides ONNX that the build converts; one folder each in scripts/build/convert/. */
export const ForeignFormat = z.enum(['tfjs-graph', 'keras-layers', 'tflite'])
export type ForeignFormat = z.infer<typeof ForeignFormat>

/** Tensor metadata as in Open Inference Protocol v2; -1 is a dimension the caller chooses. */
export const TensorSpec = z.strictObject({
  name: z.string().min(1).max(128),
  datatype: z.enum(DATATYPE_NAMES),
  shape: z.array(z.int().min(-1)).max(8),
})
export type TensorSpec = z.infer<typeof TensorSpec>

/** A model as another framework publishes it: its files by the names the format gives them. */
const ForeignGraph = z.strictObject({
  format: ForeignFormat,
  files: z.record(z.string(), SourceFile),
  /** Tensors of a graph besides `model`, whose tensors are the manifest's own. */
  inputs: z.array(TensorSpec).min(1).optional(),
  outputs: z.array(TensorSpec).min(1).optional(),
})
export type ForeignGraph = z.infer<typeof ForeignGraph>

/** Names are files of the build: like a model's id, they lead nowhere else. */
const graphsOf = <T extends z.ZodType>(graph: T) =>
  z.record(ModelId, graph).refine((graphs) => 'model' in graphs, {
    error: "must have a graph called 'model'",
  })

/** Where the graphs come from: ONNX files as they are (`model` and further graphs by name), files to convert, or a recipe. */
export const Source = z.union([
  Recipe,
  z.strictObject({ type: z.literal('files'), graphs: graphsOf(SourceFile) }),
  z.strictObject({ type: z.literal('convert'), graphs: graphsOf(ForeignGraph) }),
])
export type Source = z.infer<typeof Source>

/** How an example's `expected` names a file: beside the manifest, since it is recorded there. */
export const ExpectedMedia = z.strictObject({
  media: z.strictObject({ file: LocalFile, mediaType: FileMediaType }),
})
export type ExpectedMedia = z.infer<typeof ExpectedMedia>

/** A golden example: what goes in through the task-level door, what must come out. */
const Example = z.strictObject({
  name: z.string().min(1).max(80),
  input: z.union([
    z.strictObject({ text: z.string() }),
    z.strictObject({ file: SourceFile, mediaType: z.string() }),
  ]),
  parameters: z.record(z.string(), z.unknown()).optional(),
  /** The JSON answer, or `{media}` where the model answers a file. */
  expected: z.unknown(),
  /** Largest absolute difference of any number in the answer from `expected`; a picture's samples count as 0 to 1. */
  tolerance: z.number().min(0),
})
export type Example = z.infer<typeof Example>

/** What the owner says of the model; shown as claims, apart from what the mesh measures. */
const Claim = z.strictObject({
  metric: z.string(),
  value: z.number(),
  /** On which data, and where the number comes from. */
  on: z.string(),
})

const Limits = z.strictObject({
  /** Largest task input in bytes, after base64 decoding. */
  inputBytes: z.int().positive(),
  /** Most pixels of a picture, where the model takes fewer than the mesh does (shared/media/image.ts). */
  pixels: z.int().positive().max(MAX_IMAGE_PIXELS).optional(),
  /** Most elements of one tensor at tensor level. */
  tensorElements: z.int().positive(),
  /** Inferences at once in one isolate; one more is answered `overloaded`. */
  concurrency: z.int().positive().default(4),
})

export const Placement = z.enum(['edge', 'native'])
export type Placement = z.infer<typeof Placement>

/**
 * manifest.json: the model's specification, its registry row and its golden tests. Strict: a field
 * that isn't known is an error, so a typo can't silently mean the default.
 */
export const Manifest = z.strictObject({
  $schema: z.string().optional(),
  id: ModelId,
  version: ModelVersion,
  title: z.string().min(1).max(80),
  description: z.string().min(1).max(500),
  capability: Capability,
  license: z.strictObject({
    /** SPDX id of the weights' licence. */
    spdx: z.string().min(1),
    attribution: z.string().min(1),
  }),
  source: Source,
  /**
   * How weights are stored: as they are when absent. `float16` rounds large ones to three significant
   * digits, which halves the artefact; they are widened when the graph is loaded, so that it runs as fast.
   */
  weights: z.literal('float16').optional(),
  inputs: z.array(TensorSpec).min(1),
  outputs: z.array(TensorSpec).min(1),
  labels: z.array(z.string()).optional(),
  /** Languages it is made for, as BCP 47 primary tags; of any language when absent. */
  languages: z
    .array(z.string().regex(/^[a-z]{2,3}$/))
    .min(1)
    .optional(),
  /** Media types of raw bodies. The first is assumed for `inputs` of a JSON body. */
  accepts: z.array(z.string().regex(/^[a-z]+\/[a-z0-9.+-]+$/)).min(1),
  /**
   * Of a model that takes text: an input by which Open Inference Protocol v2 takes texts instead of the
   * graph's own tensors, BYTES [n] or [n, 1].
   */
  textTensor: z
    .string()
    .regex(/^[a-z][a-z0-9_]*$/, 'must be an identifier in lower case')
    .max(48)
    .optional(),
  /** Media types of its answers, the usual one first: JSON when absent. */
  produces: z.array(AnswerMediaType).min(1).optional(),
  limits: Limits,
  /** Where it may run. */
  placement: z.array(Placement).min(1),
  /**
   * Keeps ONNX Runtime as published instead of cutting it to the model: larger and slower to start, and the
   * way out when a cut goes wrong.
   */
  runtime: z.literal('published').optional(),
  /**
   * Models that name the same group get one runtime, cut to what all of them use, so that a Worker can
   * hold several. Without it a model has its own.
   */
  runtimeGroup: ModelId.optional(),
  /** `false`: its answers are not kept, e.g. since it answers the same input differently. */
  cache: z.literal(false).optional(),
  claims: z.array(Claim).default([]),
  examples: z.array(Example).min(3),
})
export type Manifest = z.infer<typeof Manifest>

/** Parses a manifest; the message lists every field that is wrong, prefixed with the model. */
export function parseManifest(value: unknown, from: string): Manifest {
  const parsed = Manifest.safeParse(value)
  if (!parsed.success) {
    throw new Error(`[${from}] manifest.json is not valid:\n${z.prettifyError(parsed.error)}`)
  }
  const { textTensor, inputs, accepts } = parsed.data
  if (textTensor === undefined) return parsed.data
  const taken = inputs.some(({ name }) => name === textTensor)
  if (taken || !/^(text\/|message\/)/.test(accepts[0] ?? '')) {
    throw new Error(
      `[${from}] manifest.json is not valid: textTensor '${textTensor}' must be none of the graph's inputs, and text the first of accepts`,
    )
  }
  return parsed.data
}
