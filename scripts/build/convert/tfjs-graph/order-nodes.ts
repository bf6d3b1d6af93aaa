import { BuildError } from '../../build-error.ts'
import { parseTensorName, type NodeDef } from './graph-def.ts'

/**
 * The nodes that others need, each after those it takes its inputs from. Throws BuildError where an
 * input isn't there or the graph has a cycle. Without recursion: a graph may be thousands deep.
 */
export function orderNodes(
  who: string,
  nodes: ReadonlyMap<string, NodeDef>,
  wanted: readonly string[],
): NodeDef[] {
  const order: NodeDef[] = []
  const state = new Map<string, 'open' | 'done'>()
  const stack = wanted.map((name) => ({ name, neededBy: 'the outputs' })).toReversed()
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const { name, neededBy } = top
    const node = nodes.get(name)
    if (!node) throw new BuildError(`${who} has no node '${name}', which ${neededBy} needs`)
    if (state.get(name) !== undefined) {
      stack.pop()
      if (state.get(name) === 'open') order.push(node)
      state.set(name, 'done')
      continue
    }
    state.set(name, 'open')
    for (const input of node.input) {
      if (input.startsWith('^')) continue
      const from = parseTensorName(input).node
      if (state.get(from) === 'done') continue
      if (state.get(from) === 'open') {
        throw new BuildError(
          `${who} node '${name}' takes its own result, by way of '${from}'; loops have no conversion to ONNX`,
        )
      }
      stack.push({ name: from, neededBy: `'${name}'` })
    }
  }
  return order
}
