import { z } from 'zod'

import { expectThat, Failed } from './check.ts'
import { isDatatype, valuesOf } from './datatypes.ts'
import { countOf } from './infer-body.ts'
import { textOf, type Reply } from './oip-client.ts'

const Answer = z.looseObject({
  model_name: z.string(),
  model_version: z.string().nullish(),
  id: z.string().nullish(),
  outputs: z.array(
    z.looseObject({
      name: z.string(),
      datatype: z.string().refine(isDatatype, { error: 'is no datatype of the protocol' }),
      shape: z.array(z.int().min(0)),
      parameters: z.record(z.string(), z.unknown()).nullish(),
      data: z.array(z.unknown()).nullish(),
    }),
  ),
})

export interface OutputTensor {
  name: string
  datatype: string
  shape: readonly number[]
  /** Flat, however it came. */
  values: readonly unknown[]
  binary: boolean
}

export interface InferAnswer {
  name: string
  version: string | undefined
  id: string | undefined
  outputs: readonly OutputTensor[]
}

/** An inference's answer with all its tensors. Throws Failed where it isn't one of the protocol. */
export function readInferAnswer(reply: Reply): InferAnswer {
  expectThat(reply.status === 200, 'status 200', `${reply.status} ${textOf(reply)}`)
  const header = reply.headers.get('inference-header-content-length')
  const jsonBytes = header === null ? reply.bytes.byteLength : Number(header)
  const { model_name, model_version, id, outputs } = parseAnswer(
    reply.bytes.subarray(0, jsonBytes),
    header === null ? 'the body' : `the first ${header} bytes`,
  )
  let at = jsonBytes
  const tensors = outputs.map(({ name, datatype, shape, parameters, data }) => {
    const size = parameters?.binary_data_size
    const binary = typeof size === 'number'
    const values = binary
      ? valuesOf(datatype, reply.bytes.subarray(at, (at += size)))
      : data?.flat(Number.POSITIVE_INFINITY)
    if (!values) throw new Failed(`output '${name}' has neither data nor binary_data_size`)
    expectThat(
      values.length === countOf(shape),
      `${countOf(shape)} values of output '${name}', whose shape is [${shape}]`,
      `${values.length}`,
    )
    return { name, datatype, shape, values, binary }
  })
  expectThat(at === reply.bytes.byteLength, `${at} bytes in all`, `${reply.bytes.byteLength}`)
  return {
    name: model_name,
    version: model_version ?? undefined,
    id: id ?? undefined,
    outputs: tensors,
  }
}

function parseAnswer(bytes: Uint8Array, what: string): z.infer<typeof Answer> {
  const text = new TextDecoder().decode(bytes)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Failed(`expected JSON in ${what}; came '${text.slice(0, 200)}'`)
  }
  const parsed = Answer.safeParse(value)
  if (parsed.success) return parsed.data
  throw new Failed(`not the protocol's answer: ${z.prettifyError(parsed.error)}`)
}

/** Relative: JSON may round what is FP32 to fewer digits. */
const TOLERANCE = 1e-4

/** Whether two answers have the same tensors, numbers up to rounding. */
export function sameOutputs(a: InferAnswer, b: InferAnswer): boolean {
  return (
    a.outputs.length === b.outputs.length &&
    a.outputs.every((left) => {
      const right = b.outputs.find(({ name }) => name === left.name)
      return (
        right?.datatype === left.datatype &&
        String(right.shape) === String(left.shape) &&
        left.values.every((value, i) => near(value, right.values[i]))
      )
    })
  )
}

function near(a: unknown, b: unknown): boolean {
  if (typeof a !== 'number' || typeof b !== 'number') return a === b
  return Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a), Math.abs(b))
}
