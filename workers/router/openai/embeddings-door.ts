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
      const { body, ...rest } = await task.accept(response, candidate)
      const vectors = await readVectors(body, count, candidate.node)
      const answer = { ...rest, body: body instanceof Uint8Array ? body : new Uint8Array(0) }
      read.set(answer, vectors)
      return answer
    },
    vectorsOf(answer) {
      const vectors = read.get(answer)
      if (!vectors) throw new MeshError('internal', 'the answer came by another door')
      return vectors
    },
  }
}

async function readVectors(
  body: NodeAnswer['body'],
  count: number,
  node: string,
): Promise<number[][]> {
  const wrong = (cause?: unknown) =>
    new MeshError('bad_gateway', `${node} answered what is not one vector for each text`, { cause })
  const value: unknown = await wholeAnswer({ body }, MAX_ANSWER_BYTES, `${node}:`)
    .then((bytes) => parseJson(bytes, 'its answer'))
    .catch((err: unknown) => {
      throw wrong(err)
    })
  if (!Array.isArray(value) || value.length !== count || !value.every(isVector)) throw wrong()
  return value
}
