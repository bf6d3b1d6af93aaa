import { concatBytes } from '../concat-bytes.ts'
import { MeshError } from '../mesh-error.ts'
import { INFERENCE_HEADER } from '../protocol.ts'
import type { Tensor } from '../tensor.ts'
import { binaryBytes } from './binary-tensor.ts'
import { classify } from './classify.ts'
import type { InferRequest, RequestedOutput } from './infer-request.ts'
import { writeValues } from './write-values.ts'

export interface NamedOutput {
  name: string
  tensor: Tensor
  parameters?: Readonly<Record<string, string>>
}

export interface InferAnswer {
  model: { id: string; version: string; labels?: readonly string[] | undefined }
  /** As asked; absent where the request was one tensor without JSON, whose outputs all come back binary. */
  request: InferRequest | undefined
  outputs: readonly NamedOutput[]
}

/** Throws `invalid_input` when outputs are asked for that there are not, or twice. */
export function requireOutputs(
  wanted: InferRequest['outputs'],
  known: readonly string[],
  who: string,
): void {
  const names = wanted?.map(({ name }) => name) ?? []
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new MeshError(
      'invalid_input',
      `${who} has no output '${unknown}'; it has ${known.join(', ')}`,
    )
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) {
    throw new MeshError('invalid_input', `${who} output '${twice}' is asked for twice`)
  }
}

/**
 * The answer to an inference: JSON, with binary tensors behind it where any were asked for. The status is
 * 200 and nothing else, which Triton's client insists on.
 */
export function inferResponse({ model, request, outputs }: InferAnswer): Response {
  const who = `[${model.id}]`
  const binary: Uint8Array[] = []
  const written = requested(outputs, request?.outputs, who).map(({ output, wanted }) => {
    const { name, parameters } = output
    const owner = `${who} output '${name}'`
    const classes = wanted?.classification ?? 0
    const tensor =
      classes > 0 ? classify(output.tensor, classes, model.labels, owner) : output.tensor
    const head = { name, datatype: tensor.datatype, shape: tensor.shape }
    if (wanted?.binary_data ?? request?.parameters?.binary_data_output ?? request === undefined) {
      const bytes = binaryBytes(tensor)
      binary.push(bytes)
      return JSON.stringify({
        ...head,
        parameters: { ...parameters, binary_data_size: bytes.byteLength },
      })
    }
    const json = JSON.stringify(parameters ? { ...head, parameters } : head)
    return `${json.slice(0, -1)},"data":${writeValues(tensor, owner)}}`
  })
  const head = JSON.stringify({
    model_name: model.id,
    model_version: model.version,
    ...(request?.id === undefined ? {} : { id: request.id }),
  })
  const json = `${head.slice(0, -1)},"outputs":[${written.join(',')}]}`
  return binary.length === 0 ? jsonResponse(json) : binaryResponse(json, binary)
}

/** The outputs in the order in which they were asked for, all when none were. */
function requested(
  outputs: readonly NamedOutput[],
  wanted: readonly RequestedOutput[] | undefined,
  who: string,
): { output: NamedOutput; wanted?: RequestedOutput['parameters'] }[] {
  if (!wanted || wanted.length === 0) return outputs.map((output) => ({ output }))
  return wanted.map(({ name, parameters }) => {
    const output = outputs.find((candidate) => candidate.name === name)
    if (output) return { output, wanted: parameters }
    throw new MeshError(
      'invalid_input',
      `${who} gave no output '${name}' for this input; it gave ${outputs.map((given) => given.name).join(', ')}`,
    )
  })
}

function jsonResponse(json: string): Response {
  return new Response(json, { headers: { 'content-type': 'application/json' } })
}

function binaryResponse(json: string, tensors: readonly Uint8Array[]): Response {
  const head = new TextEncoder().encode(json)
  const size = tensors.reduce((sum, { byteLength }) => sum + byteLength, head.byteLength)
  // as: of several chunks it makes one of its own
  const body = concatBytes([head, ...tensors], size) as Uint8Array<ArrayBuffer>
  return new Response(body, {
    headers: {
      'content-type': 'application/octet-stream',
      [INFERENCE_HEADER]: String(head.byteLength),
    },
  })
}
