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
const FREE: TensorSpec = { name: 'x', datatype: 'INT64', shape: [-1, -1] }
const FREE_BOUNDS = { specs: [FREE], maxElements: 64 }

async function tensorsOf(body: string, bounds = FREE_BOUNDS, limit = 16 * 1024 * 1024) {
  return requestTensors(await readInferCall(call(Buffer.from(body)), limit, '[it]'), bounds, '[it]')
}

function oneInput(shape: number[], data: string): string {
  return `{"inputs":[{"name":"x","datatype":"INT64","shape":[${shape}],"data":${data}}]}`
}

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
          const bounds = inputs[0]?.datatype === 'INT64' ? FREE_BOUNDS : BOUNDS
          const given = requestTensors(await readInferCall(request, LIMIT, '[it]'), bounds, '[it]')
          // rows of nothing as well
          for (const { shape } of Object.values(given)) {
            expect(shape.every((dim) => dim <= bounds.maxElements)).toBe(true)
          }
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
    const given = await readInferCall(request, LIMIT, '[it]')
    const { x } = requestTensors(given, { ...BOUNDS, specs: SPECS.slice(0, 1) }, '[it]')
    expect(x?.data).toEqual(Float32Array.of(1, 2))
    expect(x?.data instanceof Float32Array && x.data.buffer).toBe(given.binary.buffer)
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

test.each([[[2 ** 31 - 1, 0]], [[0, 2 ** 31 - 1]], [[65, 0]], [[9, 8]]])(
  'counts an empty dimension as 1: [%s] is too much however few its values',
  async (shape) => {
    await expect(tensorsOf(oneInput(shape, '[]'))).rejects.toThrow(/elements.*the limit is 64/)
    expect(await tensorsOf(oneInput([64, 0], '[]'))).toMatchObject({ x: { shape: [64, 0] } })
  },
)

test('makes no integer of a literal longer than 64 bits, nor repeats it', async () => {
  const digits = '9'.repeat(4_000_000)
  const started = performance.now()
  const refusal = await tensorsOf(oneInput([1, 1], `[${digits}]`)).catch((err: unknown) => err)
  expect(performance.now() - started).toBeLessThan(6_000)
  expect(refusal).toMatchObject({ code: 'invalid_input' })
  expect(String(refusal).length).toBeLessThan(300)
})

test('counts values before it makes integers of them', async () => {
  const many = `[${'9223372036854775807,'.repeat(700_000)}1]`
  const started = performance.now()
  await expect(tensorsOf(oneInput([1, 1], many))).rejects.toThrow('700001 values')
  const another = oneInput([1, 1], many).replace('INT64', 'UINT64')
  await expect(tensorsOf(another)).rejects.toThrow('it must be INT64')
  expect(performance.now() - started).toBeLessThan(6_000)
})

test.each([
  ['inputs', `{"inputs":[${'0,'.repeat(200_000)}0]}`],
  ['outputs', `{"inputs":[],"outputs":[${'0,'.repeat(200_000)}0]}`],
  ['a shape', `{"inputs":[{"shape":[${'"",'.repeat(200_000)}0]}]}`],
])('complains of too many of %s in a few words', async (_, body) => {
  const refusal = await tensorsOf(body).catch((err: unknown) => err)
  expect(String(refusal)).toMatch(/at most/)
  expect(String(refusal).length).toBeLessThan(1_200)
})
