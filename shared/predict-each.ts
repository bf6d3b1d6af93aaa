import type { TaskInput, TaskParameters } from './codec.ts'
import type { LoadedModel } from './loaded-model.ts'
import { producedTypes } from './media-answer.ts'
import { MeshError } from './mesh-error.ts'
import type { Tensors } from './tensor.ts'

/** After so many texts others get their turn, and a Worker's clock goes on, which stands still while it computes. */
const TEXTS_AT_A_STRETCH = 32

export interface TextList {
  texts: readonly TaskInput[]
  parameters: TaskParameters
  /** What callers call the list: a wrong text is told by this and its place. */
  name: string
  /** Is told the outputs of every run, and of which text. */
  onRun?(outputs: Tensors, text: number): void
}

/**
 * The model's answer to each text of a list, one after the other in one place of the node's: a list that was
 * let in is done, whoever comes meanwhile. Throws what the codec does, `invalid_input` with the place of the
 * text, and `deadline_exceeded`.
 */
export async function predictEach(
  model: LoadedModel,
  list: TextList,
  expiresAt: number,
): Promise<unknown[]> {
  const { texts, parameters, name, onRun } = list
  const who = `[${model.manifest.id}]`
  if (!producedTypes(model.manifest).includes('application/json')) {
    throw new MeshError(
      'invalid_input',
      `${who} it answers files, so it takes one input at a time, not a list`,
    )
  }
  return model.inOnePlace(texts.length, expiresAt, async (predict) => {
    const answers: unknown[] = []
    for (const [i, text] of texts.entries()) {
      if (i % TEXTS_AT_A_STRETCH === TEXTS_AT_A_STRETCH - 1) {
        await new Promise((resolve) => setTimeout(resolve))
      }
      // what nobody waits for need not be begun
      if (Date.now() >= expiresAt) throw tooLate(who, i, texts.length)
      const answer = predict(text, parameters, (outputs) => onRun?.(outputs, i))
      answers.push(await answer.catch((err: unknown) => throwAt(err, `${name}[${i}]`)))
    }
    return answers
  })
}

function throwAt(err: unknown, place: string): never {
  if (!(err instanceof MeshError) || err.code !== 'invalid_input') throw err
  const { message, cause, detail, extensions } = err
  throw new MeshError('invalid_input', `${place}: ${message}`, { cause, detail, extensions })
}

function tooLate(who: string, done: number, all: number): MeshError {
  return new MeshError(
    'deadline_exceeded',
    `${who} the deadline passed after ${done} of ${all} texts`,
  )
}
