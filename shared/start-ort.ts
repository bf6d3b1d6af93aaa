import startGlue from 'onnxruntime-web/ort-wasm-simd-threaded.mjs'

import type { OrtModule } from './ort-module.ts'
import { HOOKS_MODULE } from './runtime-cut.ts'
import { restoreRuntimeImage, type RuntimeImage } from './runtime-image.ts'

const PAGE_BYTES = 65_536
/** What the glue asks for, in pages: 16 MiB. */
const GLUE_INITIAL_PAGES = 256

export interface StartOptions {
  /** Functions that the module imports besides the glue's own. */
  hooks?: WebAssembly.ModuleImports
  /** Restored instead of constructing a runtime from nothing. */
  image?: RuntimeImage | undefined
  /** Linear memory to begin with, where there is no image; the glue's own choice is 16 MiB. */
  memoryBytes?: number
  /** Sees the instance before the glue does, and may hand it other exports. */
  intercept?(instance: WebAssembly.Instance, memory: WebAssembly.Memory): WebAssembly.Exports
}

let lastStart: Promise<unknown> = Promise.resolve()

/** Starts an instance of the runtime through its Emscripten glue; one after the other. */
export function startOrt(wasm: WebAssembly.Module, options: StartOptions = {}): Promise<OrtModule> {
  const started = lastStart.then(() => start(wasm, options))
  lastStart = started.catch(() => undefined)
  return started
}

function start(wasm: WebAssembly.Module, options: StartOptions): Promise<OrtModule> {
  const { hooks = {}, image, intercept } = options
  const memoryBytes = image?.header.memoryBytes ?? options.memoryBytes
  const restoreMemory = memoryBytes === undefined ? () => {} : setInitialMemory(memoryBytes)
  return new Promise<OrtModule>((resolve, reject) => {
    startGlue({
      numThreads: 1, // workerd has no threads to give
      instantiateWasm(imports, receive) {
        restoreMemory()
        const memory = memoryOf(imports)
        WebAssembly.instantiate(wasm, { ...imports, [HOOKS_MODULE]: hooks })
          .then((instance) => {
            const exports = intercept?.(instance, memory) ?? instance.exports
            return receive({ exports: image ? goOn(image, memory, exports) : exports }, wasm)
          })
          .catch(reject)
        return {}
      },
    }).then(resolve, reject)
  }).finally(restoreMemory)
}

/** Restores the image, and what would construct it again does nothing. */
function goOn(
  image: RuntimeImage,
  memory: WebAssembly.Memory,
  exports: WebAssembly.Exports,
): WebAssembly.Exports {
  restoreRuntimeImage(image, memory, exports)
  const nothing = () => {}
  const done = image.header.constructors.map((name) => [name, nothing] as const)
  return { ...exports, ...Object.fromEntries(done) }
}

/**
 * The glue makes its memory itself, of 16 MiB at least, and takes no option for it: until it has, its
 * call of the memory's constructor is answered with the size that is needed. In workerd the glue gets
 * there without a pause; a memory that asks for anything else is left alone. Returns what puts the
 * constructor back.
 */
function setInitialMemory(bytes: number): () => void {
  const Original = WebAssembly.Memory
  const Sized = new Proxy(Original, {
    construct(target, [descriptor]: [WebAssembly.MemoryDescriptor]) {
      const isGlues = descriptor.initial === GLUE_INITIAL_PAGES && descriptor.shared
      return new target(isGlues ? { ...descriptor, initial: bytes / PAGE_BYTES } : descriptor)
    },
  })
  Reflect.set(WebAssembly, 'Memory', Sized)
  return () => Reflect.set(WebAssembly, 'Memory', Original)
}

function memoryOf(imports: WebAssembly.Imports): WebAssembly.Memory {
  for (const space of Object.values(imports)) {
    for (const value of Object.values(space)) if (value instanceof WebAssembly.Memory) return value
  }
  throw new Error('the runtime imports no memory')
}
