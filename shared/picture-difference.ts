import { decode } from 'fast-png'

import { decodeBase64 } from './base64.ts'

/** How the signature of a PNG looks in base64. */
const PNG_BASE64 = 'iVBORw0KGgo'
/** The brightest value of a sample of 8 bits. */
const WHITE = 255

/** Whether a text in an answer is a picture: a PNG in base64. */
export function isPicture(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith(PNG_BASE64)
}

/**
 * The first sample at which two PNGs of 8 bits are further apart than `tolerance`, as a fraction of
 * full brightness: two runtimes round a pixel differently now and then, and the compressed text then
 * differs as a whole.
 */
export function findPictureDifference(
  actual: string,
  expected: string,
  tolerance: number,
  path: string,
): string | undefined {
  if (actual === expected) return undefined
  const [picture, reference] = [decodePicture(actual), decodePicture(expected)]
  if (!picture || !reference) return `${path} is a damaged PNG, or is expected to be one`
  if (kindOf(picture) !== kindOf(reference)) {
    return `${path} is ${kindOf(picture)}, expected ${kindOf(reference)}`
  }
  const { channels, width } = reference
  const at = reference.data.findIndex(
    (sample, i) => Math.abs((picture.data[i] ?? 0) - sample) / WHITE > tolerance,
  )
  if (at === -1) return undefined
  const pixel = Math.floor(at / channels)
  return (
    `${path} at x ${pixel % width}, y ${Math.floor(pixel / width)}, channel ${at % channels} is ` +
    `${picture.data[at]}, expected ${reference.data[at]} ± ${tolerance * WHITE}`
  )
}

function decodePicture(base64: string): ReturnType<typeof decode> | undefined {
  try {
    return decode(decodeBase64(base64), { checkCrc: true })
  } catch {
    return undefined
  }
}

function kindOf({ width, height, channels, depth }: ReturnType<typeof decode>): string {
  return `a PNG of ${width}×${height}, ${channels} channels of ${depth} bits`
}
