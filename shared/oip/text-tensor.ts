import { concatBytes } from '../concat-bytes.ts'
import type { LoadedModel } from '../loaded-model.ts'
import type { Manifest, TensorSpec } from '../manifest.ts'
import { MediaAnswer } from '../media-answer.ts'
import { MeshError } from '../mesh-error.ts'
import { predictEach } from '../predict-each.ts'
import { requireTexts } from '../require-texts.ts'
import type { Tensor, Tensors } from '../tensor.ts'
import { textTypeOf } from '../text-type.ts'
import type { NamedOutput } from './infer-response.ts'
import { binaryBytes, parseBinaryTensor } from './binary-tensor.ts'
import type { InferRequest } from './infer-request.ts'

/** The output that has a task's whole answer, one element for each text. */
export const ANSWER_OUTPUT = 'answer'

/** The tensor of texts that a request sends instead of the graph's own, where the model takes one. */
export function findTextTensor(
  { textTensor }: Pick<Manifest, 'textTensor'>,
  request: InferRequest | undefined,
): TensorSpec | undefined {
  const [input, ...others] = request?.inputs ?? []
  if (!input || others.length > 0 || textTensor === undefined || input.name !== textTensor) {
    return undefined
  }
  // MLServer's clients send a column: [n, 1]
  const shape = input.shape.length === 2 ? [-1, 1] : [-1]
  return { name: textTensor, datatype: 'BYTES', shape }
}

/**
 * Runs the model's task on every text. Answers the task's answers as JSON, and the graph's own outputs
 * where each text is one row of them. Throws `invalid_input` and `payload_too_large`.
 */
export async function inferTexts(
  model: LoadedModel,
  tensor: Tensor | undefined,
  expiresAt: number,
): Promise<NamedOutput[]> {
  const { manifest } = model
  const { id, textTensor: name = 'text' } = manifest
  if (tensor?.datatype !== 'BYTES') {
    throw new MeshError('internal', `[${id}] takes its texts as BYTES`)
  }
  requireTexts(tensor.data, manifest, name)

  const mediaType = textTypeOf(manifest)
  const texts = tensor.data.map((bytes) => ({ mediaType, bytes }))
  const runs: Tensors[][] = texts.map(() => [])
  const onRun = (outputs: Tensors, text: number) => void runs[text]?.push(outputs)
  const answers = await predictEach(model, { texts, parameters: {}, name, onRun }, expiresAt)
  const data = answers.map((answer) => {
    if (answer instanceof MediaAnswer) {
      throw new MeshError('internal', `[${id}] answers a text with ${answer.mediaType}`)
    }
    return new TextEncoder().encode(JSON.stringify(answer))
  })
  const answer: NamedOutput = {
    name: ANSWER_OUTPUT,
    tensor: { datatype: 'BYTES', shape: [data.length], data },
    parameters: { content_type: 'json' },
  }
  return [...joinRuns(runs, manifest.outputs), answer]
}

/** The outputs of all texts below one another; none where a text took several runs or isn't one row. */
function joinRuns(runs: readonly Tensors[][], specs: readonly TensorSpec[]): NamedOutput[] {
  if (runs.some(({ length }) => length !== 1)) return []
  return specs.flatMap(({ name }) => {
    const rows = runs.flatMap(([only]) => only?.[name] ?? [])
    const [first] = rows
    if (!first || rows.length !== runs.length) return []
    if (rows.length === 1) return { name, tensor: first }
    const [, ...rest] = first.shape
    const alike = rows.every(
      ({ datatype, shape }) =>
        datatype === first.datatype && `${shape}` === `${first.shape}` && shape[0] === 1,
    )
    if (!alike) return []
    return { name, tensor: stack(rows, [rows.length, ...rest], name) }
  })
}

function stack(rows: readonly Tensor[], shape: readonly number[], name: string): Tensor {
  const chunks = rows.map(binaryBytes)
  const size = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0)
  const bytes = concatBytes(chunks, size)
  const datatype = rows[0]?.datatype ?? 'BYTES'
  return parseBinaryTensor(bytes, { datatype, shape: [...shape] }, name)
}
