import type { TaskInput, TaskParameters } from './codec.ts'
import { parseDeadline, withinDeadline } from './deadline.ts'
import type { LoadedModel } from './loaded-model.ts'
import { producedTypes } from './media-answer.ts'
import { MeshError } from './mesh-error.ts'
import { readTaskCall } from './task-input.ts'

/** After so many texts others get their turn, and a Worker's clock goes on, which stands still while it computes. */
const TEXTS_AT_A_STRETCH = 32

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
            answer: await predictEach(model, input, parameters, expiresAt),
            tokens: countTokens(model, input),
          },
    deadline,
    `[${model.manifest.id}]`,
  )
}

/** One after the other, so that a list takes one place of the node's and not all. */
async function predictEach(
  model: LoadedModel,
  inputs: readonly TaskInput[],
  parameters: TaskParameters,
  expiresAt: number,
): Promise<unknown[]> {
  const { manifest } = model
  if (!producedTypes(manifest).includes('application/json')) {
    throw new MeshError(
      'invalid_input',
      `[${manifest.id}] it answers files, so it takes one input at a time, not a list`,
    )
  }
  const answers: unknown[] = []
  for (const [i, input] of inputs.entries()) {
    if (i % TEXTS_AT_A_STRETCH === TEXTS_AT_A_STRETCH - 1) {
      await new Promise((resolve) => setTimeout(resolve))
    }
    // the caller is told by withinDeadline; what nobody waits for need not be begun
    if (Date.now() >= expiresAt) break
    answers.push(
      await model.predict(input, parameters, expiresAt).catch((err: unknown) => {
        throw err instanceof MeshError && err.code === 'invalid_input' ? atIndex(err, i) : err
      }),
    )
  }
  if (answers.length === inputs.length) return answers
  throw new MeshError(
    'deadline_exceeded',
    `[${manifest.id}] the deadline passed after ${answers.length} of ${inputs.length} texts`,
  )
}

function atIndex({ message, cause, detail, extensions }: MeshError, i: number): MeshError {
  return new MeshError('invalid_input', `inputs[${i}]: ${message}`, { cause, detail, extensions })
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
