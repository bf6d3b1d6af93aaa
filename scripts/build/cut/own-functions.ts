import binaryen from 'binaryen'

/** A function that a module defines itself, as opposed to one it imports. */
export interface OwnFunction {
  /** Its place among the module's own functions: what a profile knows it by. */
  index: number
  body: binaryen.ExpressionRef
  replaceBody(body: binaryen.ExpressionRef): void
}

// as: binaryen 132 has Function, a view of a function that can be written; its types leave it out
const { Function: view } = binaryen as unknown as {
  Function(ref: binaryen.FunctionRef): { body: binaryen.ExpressionRef }
}

/** The module's own functions. The published runtime has no names, so binaryen names them by their index. */
export function ownFunctions(module: binaryen.Module): OwnFunction[] {
  return Array.from({ length: module.getNumFunctions() }, (_, i) => module.getFunctionByIndex(i))
    .map((ref) => ({ ref, info: binaryen.getFunctionInfo(ref) }))
    .filter(({ info }) => !info.module)
    .map(({ ref, info }) => ({
      index: Number(info.name),
      body: info.body,
      replaceBody(body) {
        view(ref).body = body
      },
    }))
}
