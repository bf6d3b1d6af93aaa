import { MeshError } from './mesh-error.ts'

/**
 * What a cut runtime imports (scripts/build/cut/): a function that was cut away calls the hook and then
 * executes `unreachable`. The hook only takes note: an exception thrown through the runtime could be
 * caught by it, a trap can't.
 */
export const HOOKS_MODULE = 'capillary'
export const CUT_HOOK = 'cut'
/** What an instrumented runtime calls on entering a function, with its index. */
export const ENTER_HOOK = 'enter'

/** A function was reached that the model never used while its runtime was cut. */
export function cutError(modelId: string, cause: unknown): MeshError {
  return new MeshError(
    'runtime_cut',
    `[${modelId}] this input needs a part of the runtime that was cut from its Worker, which never ` +
      `saw its like; add the input to the examples in manifest.json and run ` +
      `\`npm run build -- ${modelId}\`, or set "runtime": "published" there`,
    { cause },
  )
}
