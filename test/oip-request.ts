/** Requests and answers of the binary tensor extension, written apart from the code under test. */

/** A tensor as it is sent or came: its values as JSON or its bytes. */
export interface WireTensor {
  name: string
  datatype: string
  shape: number[]
  data?: unknown
  parameters?: Record<string, unknown>
  bytes?: Uint8Array
}

export interface WireRequest {
  body: Uint8Array
  headers: Record<string, string>
}

export interface WireAnswer {
  model_name: string
  model_version: string
  id?: string
  outputs: WireTensor[]
}

export const INFERENCE_HEADER = 'inference-header-content-length'

/** An inference whose tensors with `bytes` follow the JSON; as JSON alone where none has. */
export function inferRequest(
  inputs: readonly WireTensor[],
  rest: Record<string, unknown> = {},
): WireRequest {
  const json = Buffer.from(
    JSON.stringify({
      ...rest,
      inputs: inputs.map(({ bytes, ...tensor }) =>
        bytes
          ? {
              ...tensor,
              parameters: { ...tensor.parameters, binary_data_size: bytes.byteLength },
            }
          : tensor,
      ),
    }),
  )
  const tensors = inputs.flatMap(({ bytes }) => bytes ?? [])
  return {
    body: Buffer.concat([json, ...tensors]),
    headers: tensors.length > 0 ? { [INFERENCE_HEADER]: String(json.byteLength) } : {},
  }
}

/** Reads an answer as Triton's client does: the header says where JSON ends. */
export async function readInferAnswer(response: Response): Promise<WireAnswer> {
  const body = Buffer.from(await response.arrayBuffer())
  if (response.status !== 200) throw new Error(`${response.status}: ${body.toString('utf8')}`)
  const declared = response.headers.get(INFERENCE_HEADER)
  const jsonBytes = declared === null ? body.byteLength : Number(declared)
  const answer: WireAnswer = JSON.parse(body.subarray(0, jsonBytes).toString('utf8'))
  let at = jsonBytes
  for (const output of answer.outputs) {
    const size = output.parameters?.binary_data_size
    if (typeof size !== 'number') continue
    output.bytes = new Uint8Array(body.subarray(at, at + size))
    at += size
  }
  if (at !== body.byteLength) throw new Error(`${body.byteLength - at} bytes are left over`)
  return answer
}

/** Elements of BYTES as the extension has them. */
export function lengthPrefixed(...elements: (string | Uint8Array)[]): Uint8Array {
  return Buffer.concat(
    elements.flatMap((element) => {
      const bytes = Buffer.from(element)
      const length = Buffer.alloc(4)
      length.writeUInt32LE(bytes.byteLength)
      return [length, bytes]
    }),
  )
}
