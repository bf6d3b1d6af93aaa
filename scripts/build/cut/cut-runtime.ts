import binaryen from 'binaryen'

import { CUT_HOOK, HOOKS_MODULE } from '#shared/runtime-cut.ts'

import { directClosure } from './direct-closure.ts'
import { emptyFunctions } from './empty-functions.ts'
import { FEATURES } from './features.ts'
import { ownFunctions } from './own-functions.ts'

/** Drops what nothing refers to any more, and merges the stubs: one for each signature stays. */
const SHRINK = [
  'remove-unused-module-elements',
  'duplicate-function-elimination',
  'remove-unused-module-elements',
]

export interface CutRuntime {
  wasm: Uint8Array
  functions: {
    /** In the runtime as published. */
    published: number
    /** That ran while it was calibrated. */
    executed: number
    /** Those and all that they call directly. */
    kept: number
  }
}

/**
 * Cuts the runtime to the functions that ran and what they call directly. Every other body becomes a
 * stub that tells the imported hook and traps: what is reached only through the table of indirect
 * calls, and never was, is a kernel or a branch of C++ that no example needed.
 */
export function cutRuntime(wasm: Uint8Array, executed: ReadonlySet<number>): CutRuntime {
  const kept = directClosure(wasm, executed)
  // nine tenths of the code are cut away: decoding them would take most of the time
  const module = binaryen.readBinary(emptyFunctions(wasm, kept))
  try {
    module.setFeatures(FEATURES)
    module.addFunctionImport(CUT_HOOK, HOOKS_MODULE, CUT_HOOK, binaryen.none, binaryen.none)
    const functions = ownFunctions(module)
    for (const { replaceBody } of functions.filter(({ index }) => !kept.has(index))) {
      const tell = module.call(CUT_HOOK, [], binaryen.none)
      replaceBody(module.block(null, [tell, module.unreachable()], binaryen.unreachable))
    }
    module.runPasses(SHRINK)
    return {
      wasm: module.emitBinary(),
      functions: { published: functions.length, executed: executed.size, kept: kept.size },
    }
  } finally {
    module.dispose()
  }
}
