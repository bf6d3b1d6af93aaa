import { producedTypes } from '#shared/media-answer.ts'
import { TaskRequest } from '#shared/protocol.ts'

import { errorAnswers, RUNNING } from './error-answers.ts'
import { jsonSchema } from './json-schema.ts'
import { CONSTRAINTS, pathParameter, ROUTE_HEADERS } from './operation.ts'
import type { Part, PathGroup } from './path-group.ts'

const BYTES: Part = { schema: { type: 'string', format: 'binary' } }

/** Where Hugging Face's inference clients post to. */
export const huggingFacePaths: PathGroup = ({ versions, capabilities }) => {
  const manifests = Array.from(versions.values(), (own) =>
    own.map(({ manifest }) => manifest),
  ).flat()
  const [first] = manifests
  const [capability] = capabilities.keys()
  const [task, domain] = capability?.split('/') ?? []
  const id = pathParameter('id', 'Id of the model', first?.id)
  const capabilityParameters = [
    pathParameter('task', 'First half of a capability', task),
    pathParameter('domain', 'Second half of a capability', domain),
  ]
  const content = {
    accepts: [...new Set(manifests.flatMap(({ accepts }) => accepts))],
    produces: [...new Set(manifests.flatMap((manifest) => producedTypes(manifest)))],
  }
  return {
    '/models/{id}': { parameters: [id], post: post("A model in its task's shape", content) },
    '/models/{task}/{domain}': {
      parameters: capabilityParameters,
      post: post('A capability, which looks like an id of the hub', content),
    },
    '/models/{id}/pipeline/{pipeline}': {
      parameters: [
        id,
        pathParameter('pipeline', "The model's own task", first?.capability.split('/')[0]),
      ],
      post: post('A model by its task', content),
    },
    '/models/{task}/{domain}/pipeline/{pipeline}': {
      parameters: [
        ...capabilityParameters,
        pathParameter('pipeline', 'The first half once more', task),
      ],
      post: post('A capability by its task', content),
    },
  }
}

function post(
  summary: string,
  { accepts, produces }: Record<'accepts' | 'produces', string[]>,
): Part {
  return {
    tags: ['hugging face'],
    summary,
    parameters: CONSTRAINTS,
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: jsonSchema(TaskRequest) },
        ...Object.fromEntries(accepts.map((type) => [type, BYTES])),
      },
    },
    responses: {
      200: {
        description: 'The answer as the clients of the task read it',
        headers: ROUTE_HEADERS,
        content: Object.fromEntries(
          produces.map((type) => [type, type === 'application/json' ? { schema: {} } : BYTES]),
        ),
      },
      ...errorAnswers('HuggingFaceError', { codes: RUNNING }),
    },
  }
}
