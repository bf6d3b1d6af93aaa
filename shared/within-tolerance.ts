import { findPictureDifference, isPicture } from './picture-difference.ts'

/**
 * Whether an answer is the expected one: the same structure, numbers within `tolerance` of each other,
 * the samples of PNGs in base64 likewise as fractions of full brightness, everything else equal. Returns the path and values of the first difference, or undefined.
 */
export function findDifference(
  actual: unknown,
  expected: unknown,
  tolerance: number,
  path = '$',
): string | undefined {
  if (typeof actual === 'number' && typeof expected === 'number') {
    return Math.abs(actual - expected) <= tolerance
      ? undefined
      : `${path} is ${actual}, expected ${expected} ± ${tolerance}`
  }
  if (isPicture(actual) && isPicture(expected)) {
    return findPictureDifference(actual, expected, tolerance, path)
  }
  if (Array.isArray(actual) && Array.isArray(expected)) {
    if (actual.length !== expected.length) {
      return `${path} has ${actual.length} items, expected ${expected.length}`
    }
    return firstDefined(expected, (value, i) =>
      findDifference(actual[i], value, tolerance, `${path}[${i}]`),
    )
  }
  if (isRecord(actual) && isRecord(expected)) {
    const keys = [...new Set([...Object.keys(actual), ...Object.keys(expected)])]
    return firstDefined(keys, (key) =>
      findDifference(actual[key], expected[key], tolerance, `${path}.${key}`),
    )
  }
  return Object.is(actual, expected)
    ? undefined
    : `${path} is ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`
}

function firstDefined<T>(
  values: readonly T[],
  find: (value: T, i: number) => string | undefined,
): string | undefined {
  for (const [i, value] of values.entries()) {
    const found = find(value, i)
    if (found !== undefined) return found
  }
  return undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
