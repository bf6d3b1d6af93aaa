import binaryen from 'binaryen'

import { FEATURES } from './features.ts'
import { ownFunctions } from './own-functions.ts'

/**
 * The functions `from` and all that they reach by direct calls: the error paths and rare branches that
 * no example took. With the exports replaced by those functions and the table of indirect calls emptied,
 * that is what binaryen's removal of unused elements leaves.
 */
export function directClosure(wasm: Uint8Array, from: ReadonlySet<number>): Set<number> {
  const module = binaryen.readBinary(wasm)
  try {
    module.setFeatures(FEATURES)
    const exports = Array.from({ length: module.getNumExports() }, (_, i) =>
      binaryen.getExportInfo(module.getExportByIndex(i)),
    )
    for (const { name } of exports) module.removeExport(name)
    for (const index of from) module.addFunctionExport(String(index), `keep${index}`)
    const segments = Array.from(
      { length: module.getNumElementSegments() },
      (_, i) => binaryen.getElementSegmentInfo(module.getElementSegmentByIndex(i)).name,
    )
    for (const name of segments) module.removeElementSegment(name)
    module.runPasses(['remove-unused-module-elements'])
    return new Set(ownFunctions(module).map(({ index }) => index))
  } finally {
    module.dispose()
  }
}
