import { MeshError } from '../mesh-error.ts'
import { elementCount } from '../tensor.ts'

/**
 * The values of a tensor in a row, as many as its shape has. Lists in lists must be as many and as long as
 * the shape says; a list without any is given back as it is. Throws `invalid_input`.
 */
export function flatValues(
  data: readonly unknown[],
  shape: readonly number[],
  who: string,
): readonly unknown[] {
  const values = Array.isArray(data[0]) ? unnest(data, shape, who) : data
  const count = elementCount(shape)
  if (values.length === count) return values
  throw new MeshError(
    'invalid_input',
    `${who} has ${values.length} values; shape [${shape}] needs ${count}`,
  )
}

function unnest(
  data: readonly unknown[],
  shape: readonly number[],
  who: string,
): readonly unknown[] {
  let level: readonly unknown[] = [data]
  for (const dim of shape) {
    const next: unknown[] = []
    for (const list of level) {
      if (!Array.isArray(list) || list.length !== dim) {
        throw new MeshError(
          'invalid_input',
          `${who} is nested otherwise than its shape [${shape}]; nest it so or not at all`,
        )
      }
      for (const value of list) next.push(value)
    }
    level = next
  }
  return level
}
