import { z } from 'zod'

import { ERROR_CODES, type ErrorCode } from '#shared/error-codes.ts'
import { Problem, PROBLEM_MEDIA_TYPE } from '#shared/problem.ts'

import { jsonSchema } from './json-schema.ts'
import type { Part } from './path-group.ts'

/** Any path may meet these. */
const ANYWHERE: readonly ErrorCode[] = ['internal', 'registry_unavailable']

/** Where a key is asked for. */
const GUARDED: readonly ErrorCode[] = ['unauthenticated', 'forbidden']

/** Where a model is run. */
export const RUNNING: readonly ErrorCode[] = [
  'invalid_request',
  'capability_unknown',
  'model_unknown',
  'payload_too_large',
  'media_type_unsupported',
  'invalid_input',
  'rate_limited',
  'queue_full',
  'runtime_trap',
  'runtime_cut',
  'bad_gateway',
  'overloaded',
  'shed',
  'shutting_down',
  'model_unavailable',
  'unreachable',
  'no_deployment',
  'not_cached',
  'deadline_exceeded',
]

/** How each protocol writes errors: the media type, and the schema that the document's components have. */
const SHAPES = {
  Problem: {
    contentType: PROBLEM_MEDIA_TYPE,
    schema: Problem,
  },
  OipError: {
    contentType: 'application/json',
    schema: Problem.extend({ error: z.string() }),
  },
  OpenAiError: {
    contentType: 'application/json',
    schema: z.looseObject({
      error: z.looseObject({
        message: z.string(),
        type: z.string(),
        param: z.string().nullable(),
        code: z.string().nullable(),
      }),
    }),
  },
  HuggingFaceError: {
    contentType: PROBLEM_MEDIA_TYPE,
    schema: Problem.extend({ error: z.string() }),
  },
  ArdError: {
    contentType: 'application/json',
    schema: z.looseObject({
      errorCode: z.string(),
      message: z.string(),
      code: z.string(),
      retryable: z.boolean(),
    }),
  },
  JsonRpcError: {
    contentType: 'application/json',
    schema: z.looseObject({
      jsonrpc: z.literal('2.0'),
      id: z.union([z.string(), z.number(), z.null()]).optional(),
      error: z.looseObject({ code: z.int(), message: z.string() }),
    }),
  },
} satisfies Record<string, { contentType: string; schema: z.ZodType }>

export type ErrorShapeName = keyof typeof SHAPES

/** The schemas that errorAnswers refers to, by name. */
export function errorSchemas(): Part {
  return Object.fromEntries(
    Object.entries(SHAPES).map(([name, { schema }]) => [name, jsonSchema(schema)]),
  )
}

export interface ErrorOptions {
  /** Those of this address, besides what any may meet. */
  codes?: readonly ErrorCode[]
  /** False where no key is asked for. */
  guarded?: boolean
}

/** Responses by status: every error that an address answers, told by its codes. */
export function errorAnswers(
  shape: ErrorShapeName,
  { codes = [], guarded = true }: ErrorOptions = {},
): Record<string, Part> {
  const all = [...new Set([...codes, ...(guarded ? GUARDED : []), ...ANYWHERE])]
  const { contentType } = SHAPES[shape]
  return Object.fromEntries(
    Array.from(
      Map.groupBy(all, (code) => ERROR_CODES[code].status),
      ([status, own]) => [
        String(status),
        {
          description: own.map((code) => `\`${code}\`: ${ERROR_CODES[code].title}`).join('. '),
          content: { [contentType]: { schema: { $ref: `#/components/schemas/${shape}` } } },
        },
      ],
    ),
  )
}
