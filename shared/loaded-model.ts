import type { Admit } from './admission.ts'
import type { Codec, TaskInput, TaskParameters } from './codec.ts'
import type { ErrorCode } from './error-codes.ts'
import type { InferenceRuntime, InferenceSession } from './inference.ts'
import type { Manifest } from './manifest.ts'
import { memoizePromise } from './memoize-promise.ts'
import { MeshError } from './mesh-error.ts'
import { ModelCounter } from './model-counter.ts'
import type { Tensors } from './tensor.ts'

/** A model folder made ready to serve; the graphs load when first asked for. */
export interface ModelParts {
  manifest: Manifest
  codec: Codec
  /** Graphs as a runtime takes them, by name, each read when its session is first needed. */
  loadGraph(name: string): Promise<Uint8Array> | Uint8Array
  runtime: InferenceRuntime
  wasm?: WebAssembly.Module
  admit: Admit
}

/** The codec's answer to one input; `onRun` is told the outputs of every run. */
export type Predict = (
  input: TaskInput,
  parameters: TaskParameters,
  onRun?: (outputs: Tensors) => void,
) => Promise<unknown>

/** Errors that leave a runtime unusable. */
const BREAKING: ReadonlySet<ErrorCode> = new Set(['runtime_trap', 'runtime_cut'])

/**
 * A model and its sessions in one runtime. Loading is lazy and done once for all who wait; a load
 * that failed is tried anew by the next request; a runtime that trapped, or came to a part that was cut
 * from it, is dropped and counted.
 */
export class LoadedModel {
  readonly manifest: Manifest
  readonly counter = new ModelCounter()
  readonly #parts: ModelParts
  readonly #sessions = new Map<string, ReturnType<typeof memoizePromise<InferenceSession>>>()
  readonly #memoryBytes = new Map<string, number>()
  #traps = 0
  #cuts = 0

  constructor(parts: ModelParts) {
    this.manifest = parts.manifest
    this.#parts = parts
  }

  get traps(): number {
    return this.#traps
  }

  /** How often a request needed a part of the runtime that was cut away. */
  get cuts(): number {
    return this.#cuts
  }

  /** Most bytes of linear memory that each graph's runtime came to, together; 0 where there is none. */
  get memoryBytes(): number {
    return Array.from(this.#memoryBytes.values()).reduce((sum, bytes) => sum + bytes, 0)
  }

  get state(): 'idle' | 'loaded' {
    return this.#sessions.size > 0 ? 'loaded' : 'idle'
  }

  /** Task level: the codec drives the graphs. */
  predict(input: TaskInput, parameters: TaskParameters, expiresAt?: number): Promise<unknown> {
    return this.inOnePlace(1, expiresAt, (predict) => predict(input, parameters))
  }

  /** Task level several times, one after the other, in one place of the node's and counted as one request. */
  inOnePlace<T>(
    inputs: number,
    expiresAt: number | undefined,
    work: (predict: Predict) => Promise<T>,
  ): Promise<T> {
    const { codec } = this.#parts
    return this.#counted(inputs, expiresAt, () =>
      work((input, parameters, onRun) =>
        codec.predict(input, parameters, async (tensors, graph) => {
          // a codec of many runs must not go on when nobody waits
          if (expiresAt !== undefined && Date.now() >= expiresAt) throw this.#tooLate()
          const outputs = await this.#run(tensors, graph)
          onRun?.(outputs)
          return outputs
        }),
      ),
    )
  }

  /** Undefined when the model counts none. */
  countTokens(input: TaskInput): number | undefined {
    return this.#parts.codec.countTokens?.(input)
  }

  /** Tensor level: the manifest's own graph, once. */
  infer(inputs: Tensors, expiresAt?: number): Promise<Tensors> {
    return this.#counted(rowsOf(inputs), expiresAt, () => this.#run(inputs))
  }

  /** Loads the main graph, so that readiness means that the next request will be answered. */
  async warm(): Promise<void> {
    await this.#session('model')
  }

  /** Begins to load while the request's body is still arriving. Who runs the graph meets the failure. */
  preload(): void {
    this.warm().catch(() => undefined)
  }

  async #counted<T>(
    rows: number,
    expiresAt: number | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    const asked = performance.now()
    let begun = asked
    try {
      const result = await this.#parts.admit(() => {
        begun = performance.now()
        return work()
      }, expiresAt)
      const done = performance.now()
      this.counter.succeed({ queueMs: begun - asked, computeMs: done - begun }, rows)
      return result
    } catch (err) {
      this.counter.fail(performance.now() - asked)
      throw err
    }
  }

  #tooLate(): MeshError {
    return new MeshError(
      'deadline_exceeded',
      `[${this.manifest.id}] the deadline passed between two runs`,
    )
  }

  async #run(inputs: Tensors, graph = 'model'): Promise<Tensors> {
    let session = await this.#session(graph)
    // another request that waited for the same session may have broken it: it is dropped already
    while (session.isDropped) session = await this.#session(graph)
    try {
      const outputs = await session.run(inputs)
      this.counter.run()
      this.#noteMemory(graph, session)
      return outputs
    } catch (err) {
      if (err instanceof MeshError && BREAKING.has(err.code)) {
        if (err.code === 'runtime_cut') this.#cuts++
        else this.#traps++
        this.#sessions.delete(graph)
      }
      throw err
    }
  }

  #noteMemory(graph: string, { memoryBytes = 0 }: InferenceSession): void {
    this.#memoryBytes.set(graph, Math.max(this.#memoryBytes.get(graph) ?? 0, memoryBytes))
  }

  #session(graph: string): Promise<InferenceSession> {
    let session = this.#sessions.get(graph)
    if (!session) {
      session = memoizePromise(() => this.#load(graph))
      this.#sessions.set(graph, session)
    }
    return session.get()
  }

  async #load(graph: string): Promise<InferenceSession> {
    const { manifest, runtime, wasm } = this.#parts
    const bytes = await this.#parts.loadGraph(graph)
    const session = await runtime.createSession({ modelId: manifest.id, bytes, wasm })
    this.#noteMemory(graph, session)
    return session
  }
}

/** Length of the batch: the first dimension of the first input. */
function rowsOf(inputs: Tensors): number {
  return Object.values(inputs)[0]?.shape[0] ?? 1
}
