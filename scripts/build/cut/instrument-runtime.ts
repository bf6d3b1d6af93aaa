import binaryen from 'binaryen'

import { ENTER_HOOK, HOOKS_MODULE } from '#shared/runtime-cut.ts'

import { FEATURES } from './features.ts'
import { ownFunctions } from './own-functions.ts'

/** The same runtime, which calls the imported hook `enter(index)` on entering each of its functions. */
export function instrumentRuntime(wasm: Uint8Array): Uint8Array {
  const module = binaryen.readBinary(wasm)
  try {
    module.setFeatures(FEATURES)
    module.addFunctionImport(ENTER_HOOK, HOOKS_MODULE, ENTER_HOOK, binaryen.i32, binaryen.none)
    for (const { index, body, replaceBody } of ownFunctions(module)) {
      const enter = module.call(ENTER_HOOK, [module.i32.const(index)], binaryen.none)
      replaceBody(module.block(null, [enter, body], binaryen.getExpressionType(body)))
    }
    return module.emitBinary()
  } finally {
    module.dispose()
  }
}
