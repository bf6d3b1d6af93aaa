import { huggingFaceAnswer, isShaped } from '#shared/hugging-face/hugging-face-answer.ts'
import { parseJson } from '#shared/json.ts'
import { MeshError } from '#shared/mesh-error.ts'

import { MAX_ANSWER_BYTES } from '../dispatch/receive-answer.ts'
import type { Door } from '../door.ts'
import { task } from '../doors/task.ts'
import { versionKey, type Snapshot } from '../registry/snapshot.ts'
import { wholeAnswer } from '../whole-answer.ts'

const utf8 = new TextEncoder()

/** Task level, its answers as Hugging Face's clients read them; `headers` of the request name the client. */
export function huggingFaceDoor({ models }: Pick<Snapshot, 'models'>, headers: Headers): Door {
  return {
    ...task,
    // what it answers depends on the client as well
    kept: false,
    async accept(response, candidate) {
      const answer = await task.accept(response, candidate)
      const { modelId, version, node } = candidate
      const model = models.get(versionKey({ id: modelId, version }))
      const shaped = model !== undefined && isShaped(model.manifest)
      if (!shaped || answer.contentType !== 'application/json') return answer
      try {
        const given = parseJson(
          await wholeAnswer(answer, MAX_ANSWER_BYTES, `${node}:`),
          'its answer',
        )
        const json = JSON.stringify(huggingFaceAnswer(given, model.manifest, headers))
        return { ...answer, body: new Uint8Array(utf8.encode(json)) }
      } catch (err) {
        throw new MeshError('bad_gateway', `${node} answered what is no answer of its task`, {
          cause: err,
        })
      }
    },
  }
}
