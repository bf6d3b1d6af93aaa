import { decodeBase64 } from './base64.ts'
import { MediaAnswer } from './media-answer.ts'
import { isPng } from './media/image-header.ts'
import { findPictureDifference } from './picture-difference.ts'

/** How the signature of a PNG looks in base64. */
const PNG_BASE64 = 'iVBORw0KGgo'

/**
 * Whether an answer is the expected one: the same structure, numbers within `tolerance` of each other,
 * the samples of PNGs in base64 likewise as fractions of full brightness, everything else equal. Returns the path and values of the first difference, or undefined.
 */
export async function findDifference(
  actual: unknown,
  expected: unknown,
  tolerance: number,
  path = '$',
): Promise<string | undefined> {
  if (typeof actual === 'number' && typeof expected === 'number') {
    return Math.abs(actual - expected) <= tolerance
      ? undefined
      : `${path} is ${actual}, expected ${expected} ± ${tolerance}`
  }
  if (actual instanceof MediaAnswer && expected instanceof MediaAnswer) {
    return findMediaDifference(actual, expected, tolerance, path)
  }
  const [picture, reference] = [pngFromBase64(actual), pngFromBase64(expected)]
  if (picture && reference) return findPictureDifference(picture, reference, tolerance, path)
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

/** What is no PNG is compared byte by byte. */
async function findMediaDifference(
  actual: MediaAnswer,
  expected: MediaAnswer,
  tolerance: number,
  path: string,
): Promise<string | undefined> {
  if (actual.mediaType !== expected.mediaType) {
    return `${path} is ${actual.mediaType}, expected ${expected.mediaType}`
  }
  const [given, wanted] = [actual.bytes, expected.bytes]
  if (isPng(given) && isPng(wanted)) return findPictureDifference(given, wanted, tolerance, path)
  const same = given.length === wanted.length && given.every((byte, i) => byte === wanted[i])
  return same ? undefined : `${path} is not the ${expected.mediaType} expected`
}

/** The bytes of a text that is a PNG in base64; undefined for all else, which is compared as it is. */
function pngFromBase64(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'string' || !value.startsWith(PNG_BASE64)) return undefined
  try {
    return decodeBase64(value)
  } catch {
    return undefined
  }
}

async function firstDefined<T>(
  values: readonly T[],
  find: (value: T, i: number) => Promise<string | undefined>,
): Promise<string | undefined> {
  for (const [i, value] of values.entries()) {
    const found = await find(value, i)
    if (found !== undefined) return found
  }
  return undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
