import { parseJson } from '#shared/json.ts'
import { MeshError } from '#shared/mesh-error.ts'

import { MAX_ANSWER_BYTES } from '../dispatch/receive-answer.ts'
import type { Door, NodeAnswer } from '../door.ts'
import { task } from '../doors/task.ts'
import { isVector } from '../is-vector.ts'
import { wholeAnswer } from '../whole-answer.ts'

export interface EmbeddingsDoor extends Door {
  /** The vectors of an answer that this door took. */
  vectorsOf(answer: NodeAnswer): readonly number[][]
}

/** Task level, whose answer must be one vector for each of `count` texts: another node is asked otherwise. */
export function embeddingsDoor(count: number): EmbeddingsDoor {
  // an attempt that was given up may end after the one that answered: each answer has its own
  const read = new WeakMap<NodeAnswer, readonly number[][]>()
  return {
    ...task,
    // what it read of an answer stands beside the answer
    kept: false,
    async accept(response, candidate) {
      const answer = await task.accept(response, candidate)
      read.set(answer, await readVectors(answer, count, candidate.node))
      return answer
    },
    vectorsOf(answer) {
      const vectors = read.get(answer)
      if (!vectors) throw new MeshError('internal', 'the answer came by another door')
      return vectors
    },
  }
}

async function readVectors(answer: NodeAnswer, count: number, node: string): Promise<number[][]> {
  const wrong = (cause?: unknown) =>
    new MeshError('bad_gateway', `${node} answered what is not one vector for each text`, { cause })
  const value: unknown = await wholeAnswer(answer, MAX_ANSWER_BYTES, `${node}:`)
    .then((bytes) => parseJson(bytes, 'its answer'))
    .catch((err: unknown) => {
      throw wrong(err)
    })
  if (!Array.isArray(value) || value.length !== count || !value.every(isVector)) throw wrong()
  return value
}
