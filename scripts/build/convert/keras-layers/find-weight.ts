import type { Weight } from '../tfjs-weights.ts'

/**
 * A layer's weight by the name that the layer gives it: `layer/kernel`, below the names of models it is
 * part of, or within its cell as `layer/lstm_cell/kernel`. Undefined where there is none, or several.
 */
export function findWeight(
  weights: ReadonlyMap<string, Weight>,
  layer: string,
  name: string,
): string | undefined {
  const exact = `${layer}/${name}`
  if (weights.has(exact)) return exact
  const fits = weightsOf(weights, layer).filter((key) => key.endsWith(`/${name}`))
  return fits.length === 1 ? fits[0] : undefined
}

/** Names of all weights that belong to a layer. */
export function weightsOf(weights: ReadonlyMap<string, Weight>, layer: string): string[] {
  return Array.from(weights.keys()).filter((key) => key.split('/').slice(0, -1).includes(layer))
}
