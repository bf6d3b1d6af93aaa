/**
 * What the figures are held against: onnxruntime-web's own JavaScript API, as one would use it in a
 * Worker. Stands in for #onnx. The API compiles its runtime from bytes, which a Worker may not: while the
 * first session is made, instantiating bytes is answered with the module that the Worker imports.
 */
import * as ort from 'onnxruntime-web/wasm'

import type { InferenceRuntime, InferenceSession } from '#shared/inference.ts'
import { fromOrt, toOrt } from '#shared/ort-tensor.ts'

let memory: WebAssembly.Memory | undefined

export const runtime: InferenceRuntime = {
  name: `onnxruntime-web ${ort.env.versions.common}, plain`,

  async createSession({ bytes, wasm }): Promise<InferenceSession> {
    ort.env.wasm.numThreads = 1
    ort.env.wasm.proxy = false
    ort.env.wasm.wasmBinary = new ArrayBuffer(8) // so that the glue fetches nothing
    const original = WebAssembly.instantiate
    Reflect.set(WebAssembly, 'instantiate', async (_: unknown, imports: WebAssembly.Imports) => {
      memory = Object.values(imports)
        .flatMap((space) => Object.values(space))
        .find((value): value is WebAssembly.Memory => value instanceof WebAssembly.Memory)
      if (!wasm) throw new Error('the Worker imports no runtime')
      return { instance: await original(wasm, imports), module: wasm }
    })
    const session = await ort.InferenceSession.create(bytes).finally(() =>
      Reflect.set(WebAssembly, 'instantiate', original),
    )
    return {
      get memoryBytes() {
        return memory?.buffer.byteLength ?? 0
      },
      async run(inputs) {
        const feeds = Object.fromEntries(
          Object.entries(inputs).map(([name, tensor]) => [name, toOrt(tensor, name)]),
        )
        const outputs = await session.run(feeds)
        return Object.fromEntries(
          Object.entries(outputs).map(([name, value]) => [name, fromOrt(value, name)]),
        )
      },
      release: () => session.release(),
    }
  },
}
