/** Embeddings of the models that there are have a few thousand numbers at most. */
const MAX_DIMENSIONS = 8_192

/** Whether what a node answered is one embedding. */
export function isVector(value: unknown): value is number[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= MAX_DIMENSIONS &&
    value.every(Number.isFinite)
  )
}
