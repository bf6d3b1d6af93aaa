import binaryen from 'binaryen'

import { HOOKS_MODULE } from '#shared/runtime-cut.ts'

import { FEATURES } from '../cut/features.ts'

/** What a runtime with a hooked allocator imports besides the glue's own. */
export interface AllocatorHooks {
  /** Where the next allocation is to be; 0 leaves it to the runtime's own allocator. */
  place(bytes: number, memory: WebAssembly.Memory | undefined): number
  /** The runtime's own allocator put it there. */
  placed(pointer: number, bytes: number): void
  /** Anything but 0 when the runtime's own allocator is not to hear that it is free. */
  release(pointer: number): number
}

/** Exports of the published runtime, by the names that Emscripten has shortened. */
const MALLOC = 'wb'
const FREE = 'vb'

/** The same runtime, whose `malloc` and `free` ask the imported hooks first. For building only. */
export function hookAllocator(runtime: Uint8Array): Uint8Array {
  const module = binaryen.readBinary(runtime)
  const { i32, none } = binaryen
  try {
    module.setFeatures(FEATURES)
    module.addFunctionImport('place', HOOKS_MODULE, 'place', i32, i32)
    module.addFunctionImport(
      'placed',
      HOOKS_MODULE,
      'placed',
      binaryen.createType([i32, i32]),
      none,
    )
    module.addFunctionImport('release', HOOKS_MODULE, 'release', i32, i32)
    const argument = () => module.local.get(0, i32)
    const pointer = () => module.local.get(1, i32)

    const malloc = move(module, MALLOC, 'own_malloc')
    module.removeFunction(malloc)
    module.addFunction(
      malloc,
      i32,
      i32,
      [i32],
      module.block(null, [
        module.local.set(1, module.call('place', [argument()], i32)),
        module.if(pointer(), module.return(pointer())),
        module.local.set(1, module.call('own_malloc', [argument()], i32)),
        module.call('placed', [pointer(), argument()], none),
        module.return(pointer()),
      ]),
    )
    const free = move(module, FREE, 'own_free')
    module.removeFunction(free)
    module.addFunction(
      free,
      i32,
      none,
      [],
      module.if(
        module.i32.eqz(module.call('release', [argument()], i32)),
        module.call('own_free', [argument()], none),
      ),
    )
    return module.emitBinary()
  } finally {
    module.dispose()
  }
}

/** Gives the function that is exported as `exported` a second life as `to`, and returns its name. */
function move(module: binaryen.Module, exported: string, to: string): string {
  const found = Array.from({ length: module.getNumExports() }, (_, i) =>
    binaryen.getExportInfo(module.getExportByIndex(i)),
  ).find(({ name }) => name === exported)
  if (!found) throw new Error(`the published runtime exports no '${exported}'`)
  const info = binaryen.getFunctionInfo(module.getFunction(found.value))
  module.addFunction(to, info.params, info.results, info.vars, info.body)
  return found.value
}
