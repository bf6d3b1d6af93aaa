import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { compileFunction } from 'node:vm'

import { loadLiteRt } from '@litertjs/core'

import { memoizePromise } from '#shared/memoize-promise.ts'

const require = createRequire(import.meta.url)

/** The build without relaxed SIMD, whose rounding would depend on the processor. */
const GLUE = 'wasm/litert_wasm_compat_internal.js'

/** LiteRT logs each step of its start. */
const silent = () => {}

const litert = memoizePromise(async () => {
  const glue = require.resolve('@litertjs/core/package.json').replace('package.json', GLUE)
  await withGlobals(
    {
      self: globalThis,
      importScripts: importScript,
      Module: { print: silent, printErr: silent },
      // it warns on the console that there is no graphics processor
      console: { ...console, warn: silent },
    },
    () => loadLiteRt(glue),
  )
})

/**
 * Starts LiteRT, TensorFlow Lite's runtime, in this process. Its loader is for web workers: it calls
 * importScripts and then looks for the module's factory in `self`. The module itself knows Node, where
 * it is CommonJS although its package says otherwise.
 */
export const startLiteRt = (): Promise<void> => litert.get()

function importScript(path: string): void {
  const module = { exports: {} }
  const parameters = ['module', 'exports', 'require', '__filename', '__dirname']
  const run = compileFunction(readFileSync(path, 'utf8'), parameters, { filename: path })
  run(module, module.exports, require, path, dirname(path))
  Reflect.set(globalThis, 'ModuleFactory', module.exports)
}

/** Sets globals while `work` goes on; what they were, or that they weren't, comes back after. */
async function withGlobals(
  globals: Readonly<Record<string, unknown>>,
  work: () => Promise<unknown>,
): Promise<void> {
  const names = Object.keys(globals)
  const before = names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name))
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
  }
  try {
    await work()
  } finally {
    for (const [i, name] of names.entries()) {
      const descriptor = before[i]
      if (descriptor) Object.defineProperty(globalThis, name, descriptor)
      else Reflect.deleteProperty(globalThis, name)
    }
  }
}
