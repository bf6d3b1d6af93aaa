import { z } from 'zod'

/** Most inputs, and most outputs asked for, of one request. */
const MAX_TENSORS = 32
const MAX_NAME_CHARS = 256
const MAX_DIMENSIONS = 8
/** Of one dimension: what a runtime's 32-bit sizes hold. */
const MAX_DIMENSION = 2 ** 31 - 1

/*
 * Unknown keys are let through everywhere: clients add fields of their own (kserve's `model_name`,
 * Triton's sequences), and what isn't known here doesn't change an answer.
 */

const TensorParameters = z.looseObject({
  /** Bytes of the tensor behind the JSON; it has no `data` then. */
  binary_data_size: z.int().min(0).optional(),
  /** How MLServer's clients say that the text of BYTES is base64. */
  content_type: z.string().optional(),
})

export const InferTensor = z.object({
  name: z.string().min(1).max(MAX_NAME_CHARS),
  datatype: z.string().max(16),
  shape: z.array(z.int().min(0).max(MAX_DIMENSION)).max(MAX_DIMENSIONS),
  parameters: TensorParameters.optional(),
  /**
   * Flat or nested, row-major. Elements are checked against the datatype where they are read. Beside a
   * binary_data_size of 0 kserve's client sends null.
   */
  data: z.custom<readonly unknown[]>(Array.isArray, 'must be a list').nullish(),
})
export type InferTensor = z.infer<typeof InferTensor>

const RequestedOutput = z.object({
  name: z.string().min(1).max(MAX_NAME_CHARS),
  parameters: z
    .looseObject({
      binary_data: z.boolean().optional(),
      /** How many of the best classes to answer instead of the numbers; 0 is none. */
      classification: z.int().min(0).optional(),
    })
    .optional(),
})
export type RequestedOutput = z.infer<typeof RequestedOutput>

function atMost(most: number, what: string) {
  return z.custom<unknown>(
    (value) => !Array.isArray(value) || value.length <= most,
    `must be a list of at most ${most} ${what}`,
  )
}

/** How long the lists of an inference are. Checked before InferRequest, which reads and complains of every element. */
export const InferLengths = z.looseObject({
  inputs: atMost(MAX_TENSORS, 'tensors').pipe(
    z.array(z.looseObject({ shape: atMost(MAX_DIMENSIONS, 'dimensions').optional() })),
  ),
  outputs: atMost(MAX_TENSORS, 'tensors').optional(),
})

/** The JSON of an inference in Open Inference Protocol v2, with its extensions for binary tensors and classification. */
export const InferRequest = z.object({
  id: z.string().max(MAX_NAME_CHARS).optional(),
  parameters: z
    .looseObject({
      /** Microseconds; 0 is none. */
      timeout: z.int().min(0).optional(),
      /** What `binary_data` is of outputs that don't say. */
      binary_data_output: z.boolean().optional(),
    })
    .optional(),
  inputs: z.array(InferTensor).min(1).max(MAX_TENSORS),
  outputs: z.array(RequestedOutput).max(MAX_TENSORS).optional(),
})
export type InferRequest = z.infer<typeof InferRequest>
