/**
 * What we call of ONNX Runtime's WebAssembly build: its C API (`_Ort…`) and Emscripten's memory
 * functions. Pointers and handles are byte offsets into the instance's linear memory; 0 is null.
 */
export interface OrtModule {
  _OrtInit(threads: number, logLevel: number): number
  _OrtGetLastError(codeOut: number, messageOut: number): number
  _OrtCreateSessionOptions(
    graphOptimizationLevel: number,
    cpuMemoryArena: boolean,
    memoryPattern: boolean,
    executionMode: number,
    profiling: boolean,
    profilePrefix: number,
    logId: number,
    logSeverity: number,
    logVerbosity: number,
    optimizedModelPath: number,
  ): number
  _OrtReleaseSessionOptions(options: number): number
  _OrtCreateSession(bytes: number, length: number, options: number): number | Promise<number>
  _OrtReleaseSession(session: number): number
  _OrtGetInputOutputCount(session: number, inputsOut: number, outputsOut: number): number
  _OrtGetInputOutputMetadata(
    session: number,
    index: number,
    nameOut: number,
    shapeOut: number,
  ): number
  _OrtCreateTensor(
    type: number,
    data: number,
    bytes: number,
    dims: number,
    rank: number,
    location: number,
  ): number
  _OrtGetTensorData(
    tensor: number,
    typeOut: number,
    dataOut: number,
    dimsOut: number,
    rankOut: number,
  ): number
  _OrtReleaseTensor(tensor: number): number
  _OrtCreateRunOptions(severity: number, verbosity: number, terminate: boolean, tag: number): number
  _OrtReleaseRunOptions(options: number): number
  /** Synchronous in the plain build; the builds for WebGPU return a promise. */
  _OrtRun(
    session: number,
    inputNames: number,
    inputs: number,
    inputCount: number,
    outputNames: number,
    outputCount: number,
    outputs: number,
    options: number,
  ): number
  _OrtFree(pointer: number): number

  _malloc(bytes: number): number
  _free(pointer: number): void
  stackSave(): number
  stackRestore(pointer: number): void
  stackAlloc(bytes: number): number
  getValue(pointer: number, type: 'i32' | '*'): number
  setValue(pointer: number, value: number, type: 'i32' | '*'): void
  UTF8ToString(pointer: number): string
  /** The whole memory; a new view after each growth, so never keep it over a call. */
  readonly HEAPU8: Uint8Array
}

/** Emscripten's start options that we give. */
export interface OrtModuleOptions {
  numThreads: number
  /** Called instead of fetching and compiling: makes the instance and hands it to `receive`. */
  instantiateWasm(
    imports: WebAssembly.Imports,
    receive: (instance: { exports: WebAssembly.Exports }, module: WebAssembly.Module) => void,
  ): object
}

/** Bytes of a pointer: the build is wasm32. */
export const POINTER_BYTES = 4

/** An error that ONNX Runtime reported properly, as opposed to one that broke the instance. */
export class OrtError extends Error {
  override readonly name = 'OrtError'
  /** OrtErrorCode of onnxruntime_c_api.h; 2 is INVALID_ARGUMENT. */
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** Throws what the runtime last complained of. */
export function throwLastError(ort: OrtModule): never {
  const stack = ort.stackSave()
  try {
    const out = ort.stackAlloc(2 * POINTER_BYTES)
    ort._OrtGetLastError(out, out + POINTER_BYTES)
    const message = ort.getValue(out + POINTER_BYTES, '*')
    throw new OrtError(ort.getValue(out, 'i32'), message ? ort.UTF8ToString(message) : 'no message')
  } finally {
    ort.stackRestore(stack)
  }
}

/** `status` 0 is success in the C API. */
export function check(ort: OrtModule, status: number): void {
  if (status !== 0) throwLastError(ort)
}

/** `handle` 0 means that nothing was made. */
export function requireHandle(ort: OrtModule, handle: number): number {
  if (handle === 0) throwLastError(ort)
  return handle
}

/** Copies bytes into new memory of the instance; the caller frees it. */
export function copyIn(ort: OrtModule, bytes: Uint8Array): number {
  const pointer = ort._malloc(bytes.byteLength)
  if (pointer === 0 && bytes.byteLength > 0) {
    throw new OrtError(1, `no memory for ${bytes.byteLength} bytes`)
  }
  ort.HEAPU8.set(bytes, pointer)
  return pointer
}
