import type { InferenceSession } from './inference.ts'
import { MeshError } from './mesh-error.ts'
import {
  check,
  copyIn,
  OrtError,
  POINTER_BYTES,
  requireHandle,
  type OrtModule,
} from './ort-module.ts'
import { cutError } from './runtime-cut.ts'
import type { SessionHandles } from './runtime-image.ts'
import type { Tensor, Tensors } from './tensor.ts'
import { InputSlot, readTensor } from './wasm-tensors.ts'

/**
 * What the build left undone because it depends on the machine, such as layouts; in WebAssembly every
 * machine is alike.
 */
const OPTIMIZE_ALL = 99
const SEQUENTIAL = 0
const LOG_FATAL = 4
const INVALID_ARGUMENT = 2 // OrtErrorCode

/**
 * An arena keeps what runs give back, in powers of two, and a pattern holds a run's tensors in one block:
 * memory that an isolate doesn't have. Without them the same models run as fast.
 */
const USE_ARENA = false
const USE_MEMORY_PATTERN = false

export interface SessionContext {
  /** For messages. */
  modelId: string
  /** Whether the instance came to a function that was cut away. */
  reachedCut(): boolean
}

/** Opens a session over an optimised graph in a started instance. Throws OrtError. */
export async function openSession(ort: OrtModule, bytes: Uint8Array): Promise<SessionHandles> {
  check(ort, ort._OrtInit(1, LOG_FATAL))
  const graph = copyIn(ort, bytes)
  const options = requireHandle(
    ort,
    ort._OrtCreateSessionOptions(
      OPTIMIZE_ALL,
      USE_ARENA,
      USE_MEMORY_PATTERN,
      SEQUENTIAL,
      false,
      0,
      0,
      LOG_FATAL,
      0,
      0,
    ),
  )
  const session = requireHandle(ort, await ort._OrtCreateSession(graph, bytes.byteLength, options))
  check(ort, ort._OrtReleaseSessionOptions(options))
  ort._free(graph)
  const names = readNames(ort, session)
  const outputNames = pointerArray(ort, names.outputs.length)
  names.outputs.forEach(([, name], i) => ort.setValue(outputNames + i * POINTER_BYTES, name, '*'))
  return {
    session,
    options: requireHandle(ort, ort._OrtCreateRunOptions(LOG_FATAL, 0, false, 0)),
    inputNames: pointerArray(ort, names.inputs.length),
    inputValues: pointerArray(ort, names.inputs.length),
    outputNames,
    outputValues: pointerArray(ort, names.outputs.length),
    ...names,
  }
}

/** One graph in an instance of its own. */
export class WasmSession implements InferenceSession {
  #ort: OrtModule | undefined
  readonly #handles: SessionHandles
  readonly #context: SessionContext
  readonly #inputs: ReadonlyMap<string, { name: number; slot: InputSlot }>

  constructor(ort: OrtModule, handles: SessionHandles, context: SessionContext) {
    this.#ort = ort
    this.#handles = handles
    this.#context = context
    this.#inputs = new Map(
      handles.inputs.map(([text, name]) => [text, { name, slot: new InputSlot(ort) }]),
    )
  }

  get isDropped(): boolean {
    return this.#ort === undefined
  }

  get memoryBytes(): number {
    return this.#ort?.HEAPU8.byteLength ?? 0
  }

  async run(inputs: Tensors): Promise<Tensors> {
    const ort = this.#ort
    if (!ort) {
      throw new MeshError('model_unavailable', `[${this.#context.modelId}] its runtime was dropped`)
    }
    try {
      return this.#run(ort, inputs)
    } catch (err) {
      throw this.#explain(err)
    }
  }

  async release(): Promise<void> {
    // the instance holds nothing but this session: letting go of it frees the memory
    this.#ort = undefined
  }

  /** Runs without a pause: two runs that were interleaved would write into each other's arrays. */
  #run(ort: OrtModule, inputs: Tensors): Tensors {
    const { session, options, inputNames, inputValues, outputNames, outputValues } = this.#handles
    // an unknown name is refused before it is counted, so the arrays are never too short
    const given = Object.entries(inputs)
    given.forEach(([name, tensor], i) => {
      const input = this.#requireInput(name)
      ort.setValue(inputNames + i * POINTER_BYTES, input.name, '*')
      ort.setValue(inputValues + i * POINTER_BYTES, input.slot.put(tensor, name), '*')
    })
    const { outputs } = this.#handles
    outputs.forEach((_, i) => ort.setValue(outputValues + i * POINTER_BYTES, 0, '*'))

    const status = ort._OrtRun(
      session,
      inputNames,
      inputValues,
      given.length,
      outputNames,
      outputs.length,
      outputValues,
      options,
    )
    check(ort, status)

    const handles = outputs.map((_, i) => ort.getValue(outputValues + i * POINTER_BYTES, '*'))
    try {
      const results: Record<string, Tensor> = {}
      outputs.forEach(([name], i) => (results[name] = readTensor(ort, handles[i] ?? 0)))
      return results
    } finally {
      handles.forEach((handle) => ort._OrtReleaseTensor(handle))
    }
  }

  #requireInput(name: string): { name: number; slot: InputSlot } {
    const input = this.#inputs.get(name)
    if (input) return input
    throw new OrtError(
      INVALID_ARGUMENT,
      `the graph has no input '${name}'; it has ${Array.from(this.#inputs.keys()).join(', ')}`,
    )
  }

  /** What ORT reports leaves the instance sound. Anything else broke it: an abort, a trap, a blown stack. */
  #explain(err: unknown): unknown {
    if (err instanceof MeshError) return err
    const { modelId, reachedCut } = this.#context
    const who = `[${modelId}]`
    if (err instanceof OrtError) {
      return err.code === INVALID_ARGUMENT
        ? new MeshError('invalid_input', `${who} the graph refused the tensors: ${err.message}`)
        : new MeshError('internal', `${who} the graph failed to run`, { cause: err })
    }
    this.#ort = undefined
    if (reachedCut()) return cutError(modelId, err)
    return new MeshError('runtime_trap', `${who} the runtime trapped and is being replaced`, {
      cause: err,
    })
  }
}

function readNames(ort: OrtModule, session: number): Pick<SessionHandles, 'inputs' | 'outputs'> {
  const stack = ort.stackSave()
  try {
    const out = ort.stackAlloc(2 * POINTER_BYTES)
    check(ort, ort._OrtGetInputOutputCount(session, out, out + POINTER_BYTES))
    const inputCount = ort.getValue(out, 'i32')
    const outputCount = ort.getValue(out + POINTER_BYTES, 'i32')
    const names = Array.from({ length: inputCount + outputCount }, (_, i): [string, number] => {
      check(ort, ort._OrtGetInputOutputMetadata(session, i, out, out + POINTER_BYTES))
      const name = ort.getValue(out, '*')
      ort._OrtFree(ort.getValue(out + POINTER_BYTES, '*'))
      return [ort.UTF8ToString(name), name]
    })
    return { inputs: names.slice(0, inputCount), outputs: names.slice(inputCount) }
  } finally {
    ort.stackRestore(stack)
  }
}

function pointerArray(ort: OrtModule, length: number): number {
  const pointer = ort._malloc(Math.max(length, 1) * POINTER_BYTES)
  if (pointer === 0) throw new OrtError(1, 'no memory for a session')
  return pointer
}
