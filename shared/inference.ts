import type { Tensors } from './tensor.ts'

/**
 * The seam around ONNX Runtime. `#onnx` resolves to the implementation of the running platform:
 * shared/onnx-wasm.ts in workerd, workers/native/onnx.ts in Node. Nothing else imports a runtime.
 */
export interface InferenceRuntime {
  /** Package and version, e.g. `onnxruntime-web 1.30.0`; shown in the node descriptor. */
  readonly name: string
  /** Loads one graph. Throws `model_unavailable` when it can't be. */
  createSession(graph: GraphSource): Promise<InferenceSession>
}

export interface GraphSource {
  /** For messages. */
  modelId: string
  /** The graph as optimised, ONNX; in workerd a runtime image of it (runtime-image.ts) as well. */
  bytes: Uint8Array
  /** The compiled runtime that a Worker imports statically; unused in Node. */
  wasm?: WebAssembly.Module | undefined
}

export interface InferenceSession {
  /** Whether its runtime broke in an earlier run; absent where a run can't break it. */
  readonly isDropped?: boolean
  /** Bytes of the runtime's linear memory, which only ever grows; absent where the runtime has none. */
  readonly memoryBytes?: number
  /**
   * Runs the graph once. Throws `runtime_trap` when the runtime itself broke, `runtime_cut` when it came
   * to a part that was cut away: the session is then unusable; drop it and load again.
   */
  run(inputs: Tensors): Promise<Tensors>
  release(): Promise<void>
}
