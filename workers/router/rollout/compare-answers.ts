import { z } from 'zod'

import { parseJson } from '#shared/json.ts'

import type { DoorName, NodeAnswer } from '../door.ts'
import { ALIKE, together, unlike } from './compare/alike.ts'
import { json } from './compare/json.ts'
import { labels } from './compare/labels.ts'
import { masks } from './compare/masks.ts'
import { boxes, spans } from './compare/overlaps.ts'
import { comparePictures, sameBytes } from './compare/pictures.ts'
import { rows } from './compare/rows.ts'
import { compareTensors } from './compare/tensors.ts'
import { texts } from './compare/texts.ts'
import { vectors } from './compare/vectors.ts'
import type { Comparer, Comparison } from './comparer.ts'

/** Of each of two answers: larger ones are alike byte by byte, or nobody knows. */
const MAX_COMPARED_BYTES = 256 * 1024

/** How a task's answers are compared; those of all others as any JSON. */
const OF_TASK = new Map<string, Compare>([
  ['text-classification', withLists(labels)],
  ['image-classification', withLists(labels)],
  ['audio-classification', withLists(labels)],
  ['tabular-classification', withLists(rows)],
  ['feature-extraction', withLists(vectors)],
  ['object-detection', withLists(boxes)],
  ['voice-activity-detection', withLists(spans)],
  ['image-segmentation', withLists(masks)],
  ['image-to-text', withLists(texts)],
])

/** An answer that was held whole. */
export type HeldAnswer = Pick<NodeAnswer, 'contentType' | 'headers'> & { body: Uint8Array }

/**
 * How the answers of two versions to one request compare, by the shape of their task; undefined where that can't be
 * told within bounds.
 *
 * @param tolerance how far apart numbers may be and still agree
 */
export async function compareAnswers(
  { task, door, tolerance }: { task: string; door: DoorName; tolerance: number },
  stable: HeldAnswer,
  candidate: HeldAnswer,
): Promise<Comparison | undefined> {
  if (stable.contentType !== candidate.contentType) return unlike('it has another media type')
  if (sameBytes(stable.body, candidate.body)) return ALIKE
  const size = Math.max(stable.body.byteLength, candidate.body.byteLength)
  if (size > MAX_COMPARED_BYTES) return undefined
  if (door === 'tensor') return compareTensors(stable, candidate, tolerance)
  if (stable.contentType !== 'application/json') {
    return comparePictures(stable.body, candidate.body, tolerance)
  }
  const compare = OF_TASK.get(task) ?? withLists(json)
  return compare(parseJson(stable.body), parseJson(candidate.body), tolerance)
}

type Compare = (stable: unknown, candidate: unknown, tolerance: number) => Promise<Comparison>

/**
 * An answer, or a list of them where there were several inputs. Where the stable version's isn't one of its task, as
 * another protocol shapes it, it is any JSON.
 */
function withLists<T>({ answer, compare }: Comparer<T>): Compare {
  const answers = z.array(answer)
  return async (stable, candidate, tolerance) => {
    const one = answer.safeParse(stable)
    if (one.success) {
      const other = answer.safeParse(candidate)
      return other.success ? compare(one.data, other.data, tolerance) : unlike(NO_ANSWER)
    }
    const several = answers.safeParse(stable)
    if (!several.success) return json.compare(stable, candidate, tolerance)
    const others = answers.safeParse(candidate)
    if (!others.success || others.data.length !== several.data.length) return unlike(NO_ANSWER)
    const pairs = several.data.map(async (own, i) => {
      const other = others.data[i]
      return other === undefined ? unlike(NO_ANSWER) : compare(own, other, tolerance)
    })
    return together(await Promise.all(pairs))
  }
}

const NO_ANSWER = 'it is no answer of its task'
