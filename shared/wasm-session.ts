import type { InferenceSession } from './inference.ts'
import { MeshError } from './mesh-error.ts'
import {
  check,
  copyIn,
  copyInText,
  OrtError,
  POINTER_BYTES,
  requireHandle,
  type OrtModule,
} from './ort-module.ts'
import { cutError } from './runtime-cut.ts'
import type { Tensor, Tensors } from './tensor.ts'
import { InputSlot, readTensor } from './wasm-tensors.ts'

const OPTIMIZE_NOTHING = 0 // the build has optimised the graph
const SEQUENTIAL = 0
const LOG_FATAL = 4
const INVALID_ARGUMENT = 2 // OrtErrorCode

/**
 * Both read the weights where they lie instead of copying them (onnxruntime_session_options_config_keys.h):
 * the bytes must then live as long as the session.
 */
const SESSION_CONFIG = {
  'session.use_ort_model_bytes_directly': '1',
  'session.use_ort_model_bytes_for_initializers': '1',
}

export interface SessionContext {
  /** For messages. */
  modelId: string
  /** Whether the instance came to a function that was cut away. */
  reachedCut(): boolean
}

/** Opens a session over a graph in ORT format in a started instance. Throws OrtError. */
export async function openSession(
  ort: OrtModule,
  bytes: Uint8Array,
  context: SessionContext,
): Promise<WasmSession> {
  const graph = copyIn(ort, bytes)
  const options = requireHandle(
    ort,
    ort._OrtCreateSessionOptions(
      OPTIMIZE_NOTHING,
      true,
      true,
      SEQUENTIAL,
      false,
      0,
      0,
      LOG_FATAL,
      0,
      0,
    ),
  )
  for (const [key, value] of Object.entries(SESSION_CONFIG)) {
    const pair = [copyInText(ort, key), copyInText(ort, value)] as const
    check(ort, ort._OrtAddSessionConfigEntry(options, ...pair))
    pair.forEach((pointer) => ort._free(pointer))
  }
  const session = requireHandle(ort, await ort._OrtCreateSession(graph, bytes.byteLength, options))
  check(ort, ort._OrtReleaseSessionOptions(options))
  return new WasmSession(ort, session, context)
}

/** What a session keeps in its instance for all its runs. */
interface Workspace {
  ort: OrtModule
  /** The session's own names as C strings in the instance, with the place of each input's values. */
  inputs: ReadonlyMap<string, { name: number; slot: InputSlot }>
  outputs: ReadonlyMap<string, number>
  options: number
  /** Arrays of pointers that a run is called with. */
  inputNames: number
  inputValues: number
  outputNames: number
  outputValues: number
}

/** One graph in an instance of its own. */
export class WasmSession implements InferenceSession {
  #workspace: Workspace | undefined
  readonly #session: number
  readonly #context: SessionContext

  constructor(ort: OrtModule, session: number, context: SessionContext) {
    this.#session = session
    this.#context = context
    this.#workspace = makeWorkspace(ort, session)
  }

  get memoryBytes(): number {
    return this.#workspace?.ort.HEAPU8.byteLength ?? 0
  }

  async run(inputs: Tensors): Promise<Tensors> {
    const workspace = this.#workspace
    if (!workspace) {
      throw new MeshError('runtime_trap', `[${this.#context.modelId}] its runtime was dropped`)
    }
    try {
      return this.#run(workspace, inputs)
    } catch (err) {
      throw this.#explain(err)
    }
  }

  async release(): Promise<void> {
    // the instance holds nothing but this session: letting go of it frees the memory
    this.#workspace = undefined
  }

  /** Runs without a pause: two runs that were interleaved would write into each other's workspace. */
  #run(workspace: Workspace, inputs: Tensors): Tensors {
    const { ort, options, inputNames, inputValues, outputNames, outputValues } = workspace
    // an unknown name is refused before it is counted, so the arrays are never too short
    const given = Object.entries(inputs)
    given.forEach(([name, tensor], i) => {
      const input = requireInput(workspace, name)
      ort.setValue(inputNames + i * POINTER_BYTES, input.name, '*')
      ort.setValue(inputValues + i * POINTER_BYTES, input.slot.put(tensor), '*')
    })
    const outputs = Array.from(workspace.outputs.keys())
    outputs.forEach((_, i) => ort.setValue(outputValues + i * POINTER_BYTES, 0, '*'))

    const status = ort._OrtRun(
      this.#session,
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
      outputs.forEach((name, i) => (results[name] = readTensor(ort, handles[i] ?? 0)))
      return results
    } finally {
      handles.forEach((handle) => ort._OrtReleaseTensor(handle))
    }
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
    this.#workspace = undefined
    if (reachedCut()) return cutError(modelId, err)
    return new MeshError('runtime_trap', `${who} the runtime trapped and is being replaced`, {
      cause: err,
    })
  }
}

function requireInput({ inputs }: Workspace, name: string): { name: number; slot: InputSlot } {
  const input = inputs.get(name)
  if (input) return input
  throw new OrtError(
    INVALID_ARGUMENT,
    `the graph has no input '${name}'; it has ${Array.from(inputs.keys()).join(', ')}`,
  )
}

/** Reads the graph's names, once, and makes room for the arrays that every run is called with. */
function makeWorkspace(ort: OrtModule, session: number): Workspace {
  const stack = ort.stackSave()
  try {
    const out = ort.stackAlloc(2 * POINTER_BYTES)
    check(ort, ort._OrtGetInputOutputCount(session, out, out + POINTER_BYTES))
    const inputCount = ort.getValue(out, 'i32')
    const outputCount = ort.getValue(out + POINTER_BYTES, 'i32')
    const inputs = new Map<string, { name: number; slot: InputSlot }>()
    const outputs = new Map<string, number>()
    for (let i = 0; i < inputCount + outputCount; i++) {
      check(ort, ort._OrtGetInputOutputMetadata(session, i, out, out + POINTER_BYTES))
      const name = ort.getValue(out, '*')
      ort._OrtFree(ort.getValue(out + POINTER_BYTES, '*'))
      const text = ort.UTF8ToString(name)
      if (i < inputCount) inputs.set(text, { name, slot: new InputSlot(ort) })
      else outputs.set(text, name)
    }
    const outputNames = pointerArray(ort, outputCount)
    Array.from(outputs.values()).forEach((name, i) =>
      ort.setValue(outputNames + i * POINTER_BYTES, name, '*'),
    )
    return {
      ort,
      inputs,
      outputs,
      options: requireHandle(ort, ort._OrtCreateRunOptions(LOG_FATAL, 0, false, 0)),
      inputNames: pointerArray(ort, inputCount),
      inputValues: pointerArray(ort, inputCount),
      outputNames,
      outputValues: pointerArray(ort, outputCount),
    }
  } finally {
    ort.stackRestore(stack)
  }
}

function pointerArray(ort: OrtModule, length: number): number {
  const pointer = ort._malloc(Math.max(length, 1) * POINTER_BYTES)
  if (pointer === 0) throw new OrtError(1, 'no memory for a session')
  return pointer
}
