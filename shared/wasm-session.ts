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
import { DATATYPES, elementCount, type Datatype, type Tensor, type Tensors } from './tensor.ts'

/** ONNX's TensorProto.DataType numbers. */
const ONNX_TYPE: Record<Datatype, number> = {
  FP32: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  BOOL: 9,
  FP64: 11,
  UINT32: 12,
  UINT64: 13,
}
const DATATYPE_OF = new Map(
  // as: Object.entries forgets that the keys of the record are exactly Datatype
  (Object.entries(ONNX_TYPE) as [Datatype, number][]).map(([name, type]) => [type, name]),
)

const OPTIMIZE_NOTHING = 0 // the build has optimised the graph
const SEQUENTIAL = 0
const LOCATION_CPU = 1
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

/** Opens a session over a graph in ORT format in a started instance. Throws OrtError. */
export async function openSession(
  ort: OrtModule,
  bytes: Uint8Array,
  modelId: string,
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
  return new WasmSession(ort, session, modelId)
}

/** One graph in an instance of its own. */
export class WasmSession implements InferenceSession {
  #ort: OrtModule | undefined
  readonly #session: number
  readonly #modelId: string
  /** Names as C strings in the instance; they live as long as the session. */
  readonly #inputs: ReadonlyMap<string, number>
  readonly #outputs: ReadonlyMap<string, number>

  constructor(ort: OrtModule, session: number, modelId: string) {
    this.#ort = ort
    this.#session = session
    this.#modelId = modelId
    const [inputs, outputs] = readNames(ort, session)
    this.#inputs = inputs
    this.#outputs = outputs
  }

  /** Bytes of linear memory, which only ever grows. */
  get memoryBytes(): number {
    return this.#ort?.HEAPU8.byteLength ?? 0
  }

  async run(inputs: Tensors): Promise<Tensors> {
    const ort = this.#ort
    if (!ort) throw new MeshError('runtime_trap', `[${this.#modelId}] its runtime was dropped`)
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

  /**
   * Runs without a pause: what is on the instance's stack belongs to one run only, so two must never
   * be interleaved.
   */
  #run(ort: OrtModule, inputs: Tensors): Tensors {
    const names = Object.keys(inputs)
    const stack = ort.stackSave()
    const buffers: number[] = []
    const tensors: number[] = []
    const options = requireHandle(ort, ort._OrtCreateRunOptions(LOG_FATAL, 0, false, 0))
    try {
      const inputNames = ort.stackAlloc(names.length * POINTER_BYTES)
      const inputValues = ort.stackAlloc(names.length * POINTER_BYTES)
      names.forEach((name, i) => {
        const tensor = requireTensor(inputs, name)
        ort.setValue(inputNames + i * POINTER_BYTES, this.#requireInput(name), '*')
        ort.setValue(inputValues + i * POINTER_BYTES, putTensor(ort, tensor, buffers, tensors), '*')
      })
      const outputNames = ort.stackAlloc(this.#outputs.size * POINTER_BYTES)
      const outputValues = ort.stackAlloc(this.#outputs.size * POINTER_BYTES)
      Array.from(this.#outputs.values()).forEach((name, i) => {
        ort.setValue(outputNames + i * POINTER_BYTES, name, '*')
        ort.setValue(outputValues + i * POINTER_BYTES, 0, '*')
      })

      const status = ort._OrtRun(
        this.#session,
        inputNames,
        inputValues,
        names.length,
        outputNames,
        this.#outputs.size,
        outputValues,
        options,
      )
      check(ort, status)

      const results: Record<string, Tensor> = {}
      Array.from(this.#outputs.keys()).forEach((name, i) => {
        const handle = ort.getValue(outputValues + i * POINTER_BYTES, '*')
        tensors.push(handle)
        results[name] = takeTensor(ort, handle)
      })
      return results
    } finally {
      tensors.forEach((handle) => ort._OrtReleaseTensor(handle))
      buffers.forEach((pointer) => ort._free(pointer))
      ort._OrtReleaseRunOptions(options)
      ort.stackRestore(stack)
    }
  }

  #requireInput(name: string): number {
    const pointer = this.#inputs.get(name)
    if (pointer !== undefined) return pointer
    throw new OrtError(
      INVALID_ARGUMENT,
      `the graph has no input '${name}'; it has ${Array.from(this.#inputs.keys()).join(', ')}`,
    )
  }

  /** What ORT reports leaves the instance sound. Anything else broke it: an abort, a trap, a blown stack. */
  #explain(err: unknown): unknown {
    if (err instanceof MeshError) return err
    const who = `[${this.#modelId}]`
    if (err instanceof OrtError) {
      return err.code === INVALID_ARGUMENT
        ? new MeshError('invalid_input', `${who} the graph refused the tensors: ${err.message}`)
        : new MeshError('internal', `${who} the graph failed to run`, { cause: err })
    }
    this.#ort = undefined
    return new MeshError('runtime_trap', `${who} the runtime trapped and is being replaced`, {
      cause: err,
    })
  }
}

function readNames(ort: OrtModule, session: number): [Map<string, number>, Map<string, number>] {
  const stack = ort.stackSave()
  try {
    const out = ort.stackAlloc(2 * POINTER_BYTES)
    check(ort, ort._OrtGetInputOutputCount(session, out, out + POINTER_BYTES))
    const inputCount = ort.getValue(out, 'i32')
    const outputCount = ort.getValue(out + POINTER_BYTES, 'i32')
    const inputs = new Map<string, number>()
    const outputs = new Map<string, number>()
    for (let i = 0; i < inputCount + outputCount; i++) {
      check(ort, ort._OrtGetInputOutputMetadata(session, i, out, out + POINTER_BYTES))
      const name = ort.getValue(out, '*')
      ort._OrtFree(ort.getValue(out + POINTER_BYTES, '*'))
      ;(i < inputCount ? inputs : outputs).set(ort.UTF8ToString(name), name)
    }
    return [inputs, outputs]
  } finally {
    ort.stackRestore(stack)
  }
}

function requireTensor(tensors: Tensors, name: string): Tensor {
  const tensor = tensors[name]
  if (!tensor) throw new OrtError(INVALID_ARGUMENT, `the input '${name}' is missing`)
  return tensor
}

function putTensor(
  ort: OrtModule,
  { datatype, shape, data }: Tensor,
  buffers: number[],
  tensors: number[],
): number {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const pointer = copyIn(ort, bytes)
  buffers.push(pointer)
  const stack = ort.stackSave()
  const dims = ort.stackAlloc(shape.length * POINTER_BYTES)
  shape.forEach((dim, i) => ort.setValue(dims + i * POINTER_BYTES, dim, 'i32'))
  const handle = ort._OrtCreateTensor(
    ONNX_TYPE[datatype],
    pointer,
    bytes.byteLength,
    dims,
    shape.length,
    LOCATION_CPU,
  )
  ort.stackRestore(stack)
  tensors.push(requireHandle(ort, handle))
  return handle
}

function takeTensor(ort: OrtModule, handle: number): Tensor {
  const stack = ort.stackSave()
  try {
    const out = ort.stackAlloc(4 * POINTER_BYTES)
    const [type, data, dims, rank] = [0, 1, 2, 3].map((i) => out + i * POINTER_BYTES) as [
      number,
      number,
      number,
      number,
    ] // as: map keeps the length
    check(ort, ort._OrtGetTensorData(handle, type, data, dims, rank))
    const datatype = DATATYPE_OF.get(ort.getValue(type, 'i32'))
    if (!datatype)
      throw new OrtError(1, `an output has the unsupported type ${ort.getValue(type, 'i32')}`)

    const dimsAt = ort.getValue(dims, '*')
    const shape = Array.from({ length: ort.getValue(rank, 'i32') }, (_, i) =>
      ort.getValue(dimsAt + i * POINTER_BYTES, 'i32'),
    )
    ort._OrtFree(dimsAt)
    const values = new DATATYPES[datatype](elementCount(shape))
    const from = ort.getValue(data, '*')
    new Uint8Array(values.buffer).set(ort.HEAPU8.subarray(from, from + values.byteLength))
    return { datatype, shape, data: values }
  } finally {
    ort.stackRestore(stack)
  }
}
