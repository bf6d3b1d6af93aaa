import { deflateSync, gzipSync } from 'node:zlib'

import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import type { TensorSpec } from '../manifest.ts'
import { MeshError } from '../mesh-error.ts'
import { INFERENCE_HEADER } from '../protocol.ts'
import { readInferCall } from './read-infer-call.ts'
import { requestTensors } from './request-tensors.ts'

const LIMIT = 4096
const SPECS: TensorSpec[] = [
  { name: 'x', datatype: 'FP32', shape: [-1, 2] },
  { name: 't', datatype: 'BYTES', shape: [-1] },
]
const BOUNDS = { specs: SPECS, maxElements: 64 }

function call(body: Uint8Array, headers: Record<string, string> = {}): Request {
  return new Request('http://node/infer', { method: 'POST', body: new Uint8Array(body), headers })
}

/** Binary numbers behind a JSON head of any length. */
function framed(padding: number): { body: Uint8Array; headers: Record<string, string> } {
  const head = {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], parameters: { binary_data_size: 8 } }],
    id: 'x'.repeat(padding),
  }
  const json = Buffer.from(JSON.stringify(head))
  const body = Buffer.concat([json, new Uint8Array(Float32Array.of(1, 2).buffer)])
  return { body, headers: { [INFERENCE_HEADER]: String(json.byteLength) } }
}

const sizes = fc.oneof(fc.nat(100), fc.constantFrom(-1, 1.5, 2 ** 31, 2 ** 53, '8', null, true))
const anyInput = fc.record(
  {
    name: fc.constantFrom('x', 't', 'y', '', '__proto__'),
    datatype: fc.constantFrom('FP32', 'BYTES', 'INT64', 'FP16', ''),
    shape: fc.array(sizes, { maxLength: 3 }),
    parameters: fc.record({ binary_data_size: sizes }, { requiredKeys: [] }),
    data: fc.jsonValue(),
  },
  { requiredKeys: ['name', 'datatype', 'shape'] },
)

test('answers any framing of any request with tensors or a MeshError', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyInput, { maxLength: 3 }),
      fc.uint8Array({ maxLength: 64 }),
      fc.option(sizes, { nil: undefined }),
      async (inputs, tail, lie) => {
        const json = Buffer.from(JSON.stringify({ inputs }))
        const length = lie === undefined ? json.byteLength : lie
        const request = call(Buffer.concat([json, tail]), { [INFERENCE_HEADER]: String(length) })
        try {
          requestTensors(await readInferCall(request, LIMIT, '[it]'), BOUNDS, '[it]')
        } catch (err) {
          expect(err).toBeInstanceOf(MeshError)
          // as: just checked
          expect((err as MeshError).status).toBeLessThan(500)
        }
      },
    ),
    { numRuns: 1000 },
  )
})

test('reads numbers as views of the body whatever the length of the JSON, where the body came in pieces', async () => {
  for (let padding = 0; padding < 8; padding++) {
    const { body, headers } = framed(padding)
    const pieces = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(body.slice(0, 20))
        controller.enqueue(body.slice(20))
        controller.close()
      },
    })
    const init = { method: 'POST', body: pieces, headers, duplex: 'half' }
    const request = new Request('http://node/infer', init)
    const { request: json, binary } = await readInferCall(request, LIMIT, '[it]')
    const { x } = requestTensors(
      { request: json, binary },
      { ...BOUNDS, specs: SPECS.slice(0, 1) },
      '[it]',
    )
    expect(x?.data).toEqual(Float32Array.of(1, 2))
    expect(x?.data instanceof Float32Array && x.data.buffer).toBe(binary.buffer)
  }
})

test.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
] as const)('inflates %s no further than the limit', async (encoding, compress) => {
  const good = framed(0)
  const { request } = await readInferCall(
    call(compress(good.body), { ...good.headers, 'content-encoding': encoding }),
    LIMIT,
    '[it]',
  )
  expect(request?.inputs).toHaveLength(1)
  for (const bytes of [LIMIT + 1, 8 * 1024 * 1024]) {
    const bomb = call(compress(new Uint8Array(bytes)), { 'content-encoding': encoding })
    await expect(readInferCall(bomb, LIMIT, '[it]')).rejects.toMatchObject({
      code: 'payload_too_large',
    })
  }
})

test('refuses a body that says it is longer than the limit before it reads it', async () => {
  const request = call(new Uint8Array(1), { 'content-length': String(LIMIT + 1) })
  await expect(readInferCall(request, LIMIT, '[it]')).rejects.toMatchObject({
    code: 'payload_too_large',
  })
})

test('takes fields that clients add, and names those that are wrong', async () => {
  const input = { name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2], extra: 1 }
  const more = { inputs: [input], model_name: 'tone', parameters: { priority: 3, x: [] } }
  const { request } = await readInferCall(call(Buffer.from(JSON.stringify(more))), LIMIT, '[it]')
  expect(request?.inputs[0]).toMatchObject({ name: 'x', data: [1, 2] })
  const wrong = { inputs: [{ ...input, shape: [-1, 2] }] }
  await expect(
    readInferCall(call(Buffer.from(JSON.stringify(wrong))), LIMIT, '[it]'),
  ).rejects.toThrow(/inputs\[0\]\.shape\[0\]/)
})
