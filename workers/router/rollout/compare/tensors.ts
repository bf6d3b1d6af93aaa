import { z } from 'zod'

import { parseJson } from '#shared/json.ts'
import { parseBinaryTensor } from '#shared/oip/binary-tensor.ts'
import { parseJsonTensor } from '#shared/oip/json-tensor.ts'
import { INFERENCE_HEADER } from '#shared/protocol.ts'
import { DATATYPE_NAMES, elementCount, type Tensor } from '#shared/tensor.ts'

import type { NodeAnswer } from '../../door.ts'
import type { Comparison } from '../comparer.ts'
import { ALIKE, apart, together, unlike } from './alike.ts'
import { sameBytes } from './pictures.ts'

type Held = Pick<NodeAnswer, 'headers'> & { body: Uint8Array }

/** An answer of the Open Inference Protocol, as far as its outputs go; one without `data` is binary. */
const Answer = z.looseObject({
  outputs: z.array(
    z.looseObject({
      name: z.string(),
      datatype: z.enum(DATATYPE_NAMES),
      shape: z.array(z.int().min(0)).max(16),
      data: z.array(z.unknown()).optional(),
      parameters: z.looseObject({ binary_data_size: z.int().min(0).optional() }).optional(),
    }),
  ),
})

/**
 * Two answers of tensors: the difference is the largest of two numbers in one place, as a share of the largest number of
 * its tensor where that is more than 1. Elements of BYTES are equal or differ.
 */
export function compareTensors(stable: Held, candidate: Held, tolerance: number): Comparison {
  const [own, other] = [tensorsOf(stable), tensorsOf(candidate)]
  if (own.size !== other.size) return unlike('it has other outputs')
  return together(
    Array.from(own, ([name, tensor]) => compareTensor(tensor, other.get(name), tolerance)),
  )
}

/** Throws MeshError where an answer is none of the protocol. */
function tensorsOf({ headers, body }: Held): Map<string, Tensor> {
  let at = Number(headers[INFERENCE_HEADER] ?? body.byteLength)
  const { outputs } = Answer.parse(parseJson(body.subarray(0, at), 'the answer'))
  return new Map(
    outputs.map(({ name, datatype, shape, data, parameters }) => {
      const spec = { datatype, shape }
      // what it says of its shape is held against what there is before anything is made of it
      if (data && elementCount(shape) <= body.byteLength) {
        return [name, parseJsonTensor(data, spec, undefined, name)]
      }
      const size = parameters?.binary_data_size ?? 0
      const tensor = parseBinaryTensor(body.subarray(at, at + size), spec, name)
      at += size
      return [name, tensor]
    }),
  )
}

function compareTensor(own: Tensor, other: Tensor | undefined, tolerance: number): Comparison {
  if (!other) return unlike('it has other outputs')
  if (own.datatype !== other.datatype || `${own.shape}` !== `${other.shape}`) {
    return unlike('an output has another shape or datatype')
  }
  if (own.datatype === 'BYTES' || other.datatype === 'BYTES') {
    const same = own.data.every((value, i) => sameElement(value, other.data[i]))
    return same ? ALIKE : unlike('an element is another')
  }
  let [largest, scale] = [0, 1]
  for (let i = 0; i < own.data.length; i++) {
    const [a, b] = [Number(own.data[i]), Number(other.data[i])]
    if (Number.isFinite(a)) scale = Math.max(scale, Math.abs(a))
    if (Object.is(a, b)) continue
    const difference = Math.abs(a - b)
    largest = Math.max(largest, Number.isNaN(difference) ? Infinity : difference)
  }
  // a sum of infinities would drown what all others say
  return apart(Math.min(1, largest / scale), tolerance, 'a number is another')
}

function sameElement(a: unknown, b: unknown): boolean {
  return a instanceof Uint8Array && b instanceof Uint8Array && sameBytes(a, b)
}
