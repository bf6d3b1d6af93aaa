import { gzipSync } from 'node:zlib'

import { expect, test } from 'vitest'

import { DATATYPES, elementCount } from '#shared/tensor.ts'

import type { ModelFolder } from '../workers/native/model-folders.ts'
import type { NodeClient } from './node-client.ts'
import { inferRequest, readInferAnswer, type WireRequest, type WireTensor } from './oip-request.ts'

/** Open Inference Protocol v2 as every model must keep it on every node; part of the model contract. */
export function testTensorsOnNode({ manifest }: ModelFolder, node: NodeClient): void {
  const { id, version, inputs, outputs, textTensor, limits, examples } = manifest
  const path = `/v2/models/${id}/infer`
  const send = ({ body, headers }: WireRequest) => node.post(path, body, headers)
  const sendJson = (tensors: unknown[]) => node.post(path, JSON.stringify({ inputs: tensors }))
  // zeros of the smallest shape may be too small for a graph's own arithmetic: then it says so
  const takesZeros = inputs.every(({ shape }) => shape.slice(1).every((dim) => dim !== -1))

  test('answers tensors, JSON and binary, compressed or not, alike', async () => {
    const zeros = inputs.map(smallest)
    const json = inferRequest(zeros.map(asJson), { id: 'seven' })
    const binary = inferRequest(zeros, { id: 'seven', parameters: { binary_data_output: true } })
    const responses = await Promise.all([
      send(json),
      send(binary),
      send({
        body: gzipSync(binary.body),
        headers: { ...binary.headers, 'content-encoding': 'gzip' },
      }),
    ])
    if (!takesZeros && responses.some(({ status }) => status !== 200)) {
      for (const { status } of responses) expect([422, 500]).toContain(status)
      return
    }
    const [asked, ...others] = await Promise.all(responses.map(readInferAnswer))
    expect(asked).toMatchObject({ model_name: id, model_version: version, id: 'seven' })
    expect(asked?.outputs).toEqual(
      expect.arrayContaining(
        outputs.map(({ name, datatype }) => expect.objectContaining({ name, datatype })),
      ),
    )
    for (const { outputs: given } of others) expect(given.map(asJson)).toEqual(asked?.outputs)
  })

  test('refuses tensors of the wrong length, type, rank or name, missing ones, and values that are no numbers', async () => {
    const good = inputs.map((spec) => asJson(smallest(spec)))
    const [first, ...rest] = good
    if (!first || !Array.isArray(first.data)) throw new Error('a model has at least one input')
    const { data } = first
    const wrong: unknown[][] = [
      [{ ...first, data: [...data, 0] }, ...rest],
      [{ ...first, data: data.slice(1) }, ...rest],
      [{ ...first, datatype: 'BYTES' }, ...rest],
      [{ ...first, shape: [...first.shape, 1, 1] }, ...rest],
      [{ ...first, name: 'no_such_input' }, ...rest],
      [first, first, ...rest],
      [{ ...first, data: data.map(() => null) }, ...rest],
      [{ ...first, data: data.map(() => 'NaN') }, ...rest],
    ]
    for (const tensors of wrong) await expectOipError(sendJson(tensors), 422, 'invalid_input')
    await expectOipError(node.post(path, '{"inputs":[{"data":[NaN]}]}'), 400, 'invalid_request')
    await expectOipError(node.post(path, ''), 400, 'invalid_request')
    await expectOipError(sendJson([]), 400, 'invalid_request')
    const { body, headers } = inferRequest(inputs.map(smallest))
    await expectOipError(send({ body: body.subarray(0, -1), headers }), 400, 'invalid_request')
    await expectOipError(
      send({ body: Buffer.concat([body, Buffer.alloc(1)]), headers }),
      400,
      'invalid_request',
    )
  })

  test('refuses a shape of more elements than its limit without making room for them', async () => {
    const [first, ...rest] = inputs.map((spec) => asJson(smallest(spec)))
    const free = inputs[0]?.shape.indexOf(-1) ?? -1
    if (!first || free === -1) return
    const shape = first.shape.with(free, 2_000_000_000)
    const sentence = await expectOipError(
      sendJson([{ ...first, shape, data: [] }, ...rest]),
      422,
      'invalid_input',
    )
    expect(sentence).toContain(String(limits.tensorElements))
  })

  test('refuses a model and a version it does not serve', async () => {
    const body = JSON.stringify({ inputs: inputs.map((spec) => asJson(smallest(spec))) })
    for (const other of ['no-such-model', `${id}/versions/999`]) {
      await expectOipError(node.post(`/v2/models/${other}/infer`, body), 404, 'model_unknown')
    }
  })

  if (textTensor === undefined) return
  test('takes its texts as a tensor and answers as at task level', async () => {
    const texts = examples.flatMap(({ input }) => ('text' in input ? input.text : []))
    const answers = await Promise.all(
      texts.map(async (text) => {
        const headers = { 'content-type': 'application/json' }
        const own = `/models/${id}/versions/${version}`
        const response = await node.post(own, JSON.stringify({ inputs: text }), headers)
        return response.json()
      }),
    )
    const shape = [texts.length, 1]
    const input = { name: textTensor, datatype: 'BYTES', shape, data: texts }
    const [answer] = (
      await readInferAnswer(await send(inferRequest([input], { outputs: [{ name: 'answer' }] })))
    ).outputs
    expect(answer).toMatchObject({ datatype: 'BYTES', shape: [texts.length] })
    expect(Array.isArray(answer?.data) && answer.data.map((json) => JSON.parse(json))).toEqual(
      answers,
    )
  })
}

/** Expects an error as OIP's clients read it; returns its sentence. */
export async function expectOipError(
  pending: Promise<Response>,
  status: number,
  code: string,
): Promise<string> {
  const response = await pending
  const text = await response.text()
  expect({ status: response.status, text }).toMatchObject({ status })
  // kserve's client shows the text of exactly this type and no other
  expect(response.headers.get('content-type')).toBe('application/json')
  const body: { error: string } = JSON.parse(text)
  expect(body).toMatchObject({ error: expect.any(String), code, status })
  return body.error
}

/** Zeros of a spec's smallest shape: free dimensions are 1. */
function smallest({
  name,
  datatype,
  shape,
}: ModelFolder['manifest']['inputs'][number]): WireTensor & {
  bytes: Uint8Array
} {
  const dims = shape.map((dim) => Math.max(dim, 1))
  const width = datatype === 'BYTES' ? 4 : DATATYPES[datatype].BYTES_PER_ELEMENT
  return { name, datatype, shape: dims, bytes: new Uint8Array(elementCount(dims) * width) }
}

/** A tensor of numbers as JSON would have it. */
function asJson({ name, datatype, shape, bytes }: WireTensor): WireTensor {
  const Values = DATATYPES[datatype as keyof typeof DATATYPES] // as: no model here takes BYTES in its graph
  const values = new Values(new Uint8Array(bytes ?? []).buffer)
  // JSON has no negative zero
  const plain = (value: unknown) => (datatype === 'BOOL' ? value !== 0 : Number(value) + 0)
  const data = Array.from<unknown, unknown>(values, plain)
  return { name, datatype, shape, data }
}
