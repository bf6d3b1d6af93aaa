import { RUNTIME_SECTION, type RuntimeImage } from '#shared/runtime-image.ts'
import { startOrt } from '#shared/start-ort.ts'
import { openSession } from '#shared/wasm-session.ts'

import { AllocationLog, AllocationPlan, SCRATCH_BYTES } from './allocation-plan.ts'
import type { AllocatorHooks } from './hook-allocator.ts'
import { inFixedEnvironment } from './in-fixed-environment.ts'
import { isState } from './prepare-runtime.ts'
import { takeDownMemory } from './take-down-memory.ts'

/** onnxruntime's WebAssembly build gives its stack 5 MiB (-sSTACK_SIZE in cmake/onnxruntime_webassembly.cmake). */
const STACK_BYTES = 5 * 2 ** 20
/** The allocator takes memory in steps of 64 KiB, so its heap ends well within this behind the last block. */
const MAX_HEAP_SLACK_BYTES = 2 ** 20

/**
 * Opens a session over a graph and takes down the memory that it then has. Twice: the
 * second time with what the first one gave back out of the way.
 *
 * @param runtime of hookAllocator; the image goes on in every runtime of the same preparation
 */
export async function makeImage(
  runtime: WebAssembly.Module,
  graph: Uint8Array,
): Promise<RuntimeImage> {
  const log = new AllocationLog()
  const plan = new AllocationPlan(log)
  const { memory, initial, constructors, globals, handles } = await inFixedEnvironment(async () => {
    await open(runtime, graph, log)
    return open(runtime, graph, plan)
  })

  const heapFrom = initial.byteLength
  const stackFrom = heapFrom - STACK_BYTES
  if (!Object.values(globals).includes(stackFrom)) {
    throw new Error('the published runtime has another stack than the build knows of')
  }
  const { memoryBytes, ranges, data } = takeDownMemory(
    new Uint8Array(memory.buffer, 0, plan.keptEnd + MAX_HEAP_SLACK_BYTES),
    initial,
    { from: stackFrom, to: heapFrom },
  )
  const [section] = WebAssembly.Module.customSections(runtime, RUNTIME_SECTION)
  const header = {
    runtime: new TextDecoder().decode(section),
    memoryBytes,
    constructors,
    globals,
    handles,
  }
  return { header, ranges, data }
}

interface Opened extends Omit<RuntimeImage['header'], 'runtime' | 'memoryBytes'> {
  memory: WebAssembly.Memory
  /** Memory up to where the heap begins, before anything ran. */
  initial: Uint8Array
}

async function open(
  runtime: WebAssembly.Module,
  graph: Uint8Array,
  allocator: AllocatorHooks,
): Promise<Opened> {
  let taken: (Pick<Opened, 'memory' | 'initial'> & { exports: WebAssembly.Exports }) | undefined
  const constructors = new Set<string>()
  const ort = await startOrt(runtime, {
    hooks: {
      place: (bytes: number) => allocator.place(bytes, taken?.memory),
      placed: (pointer: number, bytes: number) => allocator.placed(pointer, bytes),
      release: (pointer: number) => allocator.release(pointer),
    },
    memoryBytes: SCRATCH_BYTES.to,
    intercept({ exports }, memory) {
      const stackPointer = Math.max(...Object.values(readState(exports)))
      taken = { memory, exports, initial: new Uint8Array(memory.buffer, 0, stackPointer).slice() }
      return noteCalls(exports, constructors)
    },
  })
  const called = Array.from(constructors)
  const handles = await openSession(ort, graph)
  if (!taken) throw new Error('the runtime started without an instance')
  const { memory, exports, initial } = taken
  return { memory, initial, constructors: called, globals: readState(exports), handles }
}

/** The same exports, of which those that are called from outside, not from within another, are noted. */
function noteCalls(exports: WebAssembly.Exports, called: Set<string>): WebAssembly.Exports {
  let depth = 0
  return Object.fromEntries(
    Object.entries(exports).map(([name, value]) => {
      if (typeof value !== 'function') return [name, value]
      const noted = (...args: unknown[]): unknown => {
        if (depth === 0) called.add(name)
        depth++
        try {
          return Reflect.apply(value, undefined, args)
        } finally {
          depth--
        }
      }
      return [name, noted]
    }),
  )
}

function readState(exports: WebAssembly.Exports): Record<string, number> {
  return Object.fromEntries(
    Object.entries(exports).flatMap(([name, value]) =>
      isState(name) && value instanceof WebAssembly.Global ? [[name, Number(value.value)]] : [],
    ),
  )
}
