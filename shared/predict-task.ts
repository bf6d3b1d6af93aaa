import type { TaskInput } from './codec.ts'
import { parseDeadline, withinDeadline } from './deadline.ts'
import type { LoadedModel } from './loaded-model.ts'
import { predictEach } from './predict-each.ts'
import { readTaskCall } from './task-input.ts'

export interface Prediction {
  answer: unknown
  /** Of the whole input; undefined when the model counts none. */
  tokens: number | undefined
}

/** Reads a task-level request and runs the model within its deadline: once, or once for each text of a list. */
export async function predictTask(request: Request, model: LoadedModel): Promise<Prediction> {
  const deadline = parseDeadline(request.headers)
  model.preload()
  const { input, parameters } = await readTaskCall(request, model.manifest)
  return withinDeadline(
    async (expiresAt) =>
      'bytes' in input
        ? {
            answer: await model.predict(input, parameters, expiresAt),
            tokens: model.countTokens(input),
          }
        : {
            answer: await predictEach(
              model,
              { texts: input, parameters, name: 'inputs' },
              expiresAt,
            ),
            tokens: countTokens(model, input),
          },
    deadline,
    `[${model.manifest.id}]`,
  )
}

function countTokens(model: LoadedModel, inputs: readonly TaskInput[]): number | undefined {
  let sum = 0
  for (const input of inputs) {
    const tokens = model.countTokens(input)
    if (tokens === undefined) return undefined
    sum += tokens
  }
  return sum
}
