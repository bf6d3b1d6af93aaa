import type { TensorSpec } from '#shared/manifest.ts'
import { inferResponse } from '#shared/oip/infer-response.ts'
import { readInferCall } from '#shared/oip/read-infer-call.ts'
import { requestTensors } from '#shared/oip/request-tensors.ts'
import { INFERENCE_HEADER, MAX_BODY_BYTES } from '#shared/protocol.ts'

import { quantile, timeAlternating } from '../timing.ts'
import { BODIES, SHAPE, VALUES, type TensorBody } from './tensor-bodies.ts'

const ROUNDS = 60
const WHO = '[bench]'
const SPECS: readonly TensorSpec[] = [{ name: 'fp32', datatype: 'FP32', shape: SHAPE }]
const TENSOR_MB = VALUES.byteLength / 1e6

/** What reading a request into tensors and writing an answer of them takes, per MB of tensor, in this process. */
export async function codeCosts(): Promise<string[]> {
  const times = await timeAlternating(
    ROUNDS,
    BODIES.flatMap((body) => [() => parse(body), () => serialise(body)]),
  )
  const perMb = times.map((of) => quantile(of, 0.5) / TENSOR_MB)
  const [parseJson = 0, writeJson = 0, parseBinary = 0, writeBinary = 0] = perMb
  const row = (name: string, json: number, binary: number) =>
    `| ${name} | ${json.toFixed(2)} | ${binary.toFixed(2)} | **${(json / binary).toFixed(0)}** |`
  return [
    `The code alone (\`shared/oip/\`), on the same tensor in one Node process: from a request's bytes to tensors, and from tensors to an answer's bytes; ms per MB of tensor, median of ${ROUNDS}.`,
    '',
    '| | JSON | binary | JSON to binary |',
    '| --- | ---: | ---: | ---: |',
    row('parse', parseJson, parseBinary),
    row('serialise', writeJson, writeBinary),
  ]
}

async function parse({ body, headers }: TensorBody): Promise<void> {
  const request = new Request('http://bench/', {
    method: 'POST',
    headers,
    body: new Uint8Array(body.buffer, body.byteOffset, body.byteLength),
  })
  const call = await readInferCall(request, MAX_BODY_BYTES, WHO)
  const bounds = { specs: SPECS, maxElements: VALUES.length }
  const { fp32 } = requestTensors(call, bounds, WHO)
  if (fp32?.data.length !== VALUES.length) throw new Error('the request lost values')
}

async function serialise({ name }: TensorBody): Promise<void> {
  const binary = name === 'binary'
  const response = inferResponse({
    model: { id: 'bench', version: '1' },
    request: { inputs: [], parameters: { binary_data_output: binary } },
    outputs: [{ name: 'fp32_out', tensor: { datatype: 'FP32', shape: SHAPE, data: VALUES } }],
  })
  const bytes = await response.arrayBuffer()
  if (response.headers.has(INFERENCE_HEADER) !== binary || bytes.byteLength < VALUES.byteLength) {
    throw new Error(`the ${name} answer is not one`)
  }
}
