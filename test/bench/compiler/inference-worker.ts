/**
 * Runs one graph over and over: from outside a single run can't be told from the HTTP hop around it, and
 * inside a Worker there is no clock. `POST /?runs=n` with tensors, after which it runs them n times.
 */
import model from '#artefacts/bench/model.image'
import wasm from '#artefacts/bench/ort.wasm'
import { runtime } from '#onnx'
import type { InferenceSession } from '#shared/inference.ts'
import type { Tensors } from '#shared/tensor.ts'

import { readTensors } from './tensors-wire.ts'

let session: Promise<InferenceSession> | undefined
let tensors: Tensors = {}

export default {
  async fetch(request: Request): Promise<Response> {
    session ??= runtime.createSession({ modelId: 'bench', bytes: new Uint8Array(model), wasm })
    const opened = await session
    const text = await request.text()
    if (text !== '') tensors = readTensors(text)
    const runs = Number(new URL(request.url).searchParams.get('runs'))
    for (let i = 0; i < runs; i++) await opened.run(tensors)
    return Response.json({ memoryBytes: opened.memoryBytes })
  },
}
