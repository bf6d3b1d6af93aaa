import { BuildError } from '../build-error.ts'

/**
 * What is wanted and what that needs, by name, each after its own needs. Throws BuildError where a name
 * isn't there (`needsOf` gives undefined) or something needs itself. Without recursion: a graph may be
 * thousands deep.
 */
export function dependencyOrder(
  who: string,
  wanted: readonly string[],
  needsOf: (name: string) => readonly string[] | undefined,
): string[] {
  const order: string[] = []
  const state = new Map<string, 'open' | 'done'>()
  const stack = wanted.map((name) => ({ name, neededBy: 'an output' })).toReversed()
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const { name, neededBy } = top
    const known = state.get(name)
    if (known !== undefined) {
      // open: what it needs has been seen to
      stack.pop()
      state.set(name, 'done')
      if (known === 'open') order.push(name)
      continue
    }
    const needs = needsOf(name)
    if (!needs) throw new BuildError(`${who} has no node '${name}', which ${neededBy} needs`)
    state.set(name, 'open')
    for (const need of needs) {
      if (state.get(need) === 'open') {
        throw new BuildError(
          `${who} node '${name}' takes its own result, by way of '${need}'; loops have no conversion to ONNX`,
        )
      }
      if (state.get(need) !== 'done') stack.push({ name: need, neededBy: `'${name}'` })
    }
  }
  return order
}
