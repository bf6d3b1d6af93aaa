import type { Manifest } from '#shared/manifest.ts'
import { producedTypes } from '#shared/media-answer.ts'
import { answerSchemaOf } from '#shared/task-schemas.ts'

import { jsonSchema } from '../openapi/json-schema.ts'

/**
 * What a capability's tool answers: the shape of its task, which `/openapi.json` tells too, and of a task that
 * isn't known anything. undefined when any of the models may answer a file.
 */
export function answerSchema(
  capability: string,
  manifests: readonly Pick<Manifest, 'produces'>[],
): { type: 'object'; [keyword: string]: unknown } | undefined {
  const types = new Set(manifests.flatMap(producedTypes))
  if (types.size !== 1 || !types.has('application/json')) return undefined
  const [task = ''] = capability.split('/')
  const schema = answerSchemaOf(task)
  const answer = schema ? jsonSchema(schema) : {}
  return { type: 'object', properties: { answer }, required: ['answer'] }
}
