import binaryen from 'binaryen'

import { RUNTIME_SECTION } from '#shared/runtime-image.ts'

import { FEATURES } from '../cut/features.ts'
import { sha256 } from '../digest.ts'
import { setMemoryMinimum } from './set-memory-minimum.ts'

const PAGE_BYTES = 65_536
/** Exports of the module's own variables are called this and their number. */
const STATE_EXPORT = 'state'

/**
 * The published runtime in a form that can be left in one instance and gone on with in another: its
 * variables are exported, it bears the digest of what it was made from, and it starts with as little
 * memory as its data and its stack take instead of 16 MiB. Code, data and the numbering of functions
 * stay as they are.
 */
export function prepareRuntime(published: Uint8Array): Uint8Array {
  const module = binaryen.readBinary(published)
  try {
    module.setFeatures(FEATURES)
    const variables = Array.from({ length: module.getNumGlobals() }, (_, i) =>
      binaryen.getGlobalInfo(module.getGlobalByIndex(i)),
    ).filter(({ mutable }) => mutable)
    variables.forEach(({ name }, i) => module.addGlobalExport(name, `${STATE_EXPORT}${i}`))
    module.addCustomSection(RUNTIME_SECTION, new TextEncoder().encode(sha256(published)))
    const pages = Math.ceil(stackEnd(variables) / PAGE_BYTES)
    return setMemoryMinimum(module.emitBinary(), pages)
  } finally {
    module.dispose()
  }
}

/** Whether an export of a prepared runtime is one of its variables. */
export function isState(name: string): boolean {
  return name.startsWith(STATE_EXPORT)
}

/** Data comes first in memory, the stack grows down towards it, and the heap begins where the stack does. */
function stackEnd([first]: readonly binaryen.GlobalInfo[]): number {
  // LLVM's first variable is the stack pointer
  const info = first?.init ? binaryen.getExpressionInfo(first.init) : undefined
  const value = info && 'value' in info ? Number(info.value) : 0
  if (!(value > PAGE_BYTES)) throw new Error('the published runtime has no stack pointer')
  return value
}
