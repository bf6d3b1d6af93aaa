import { decodeBase64 } from './base64.ts'
import { MediaAnswer } from './media-answer.ts'
import { readImageHeader } from './media/image-header.ts'
import { readPng, type PngSamples } from './media/read-png.ts'

/**
 * How far two answers to the same request are apart at most: the largest absolute difference of any number,
 * and of any sample of a PNG, as a fraction of full brightness. Undefined when they differ in anything but
 * numbers, or in what can't be read.
 */
export async function largestDifference(a: unknown, b: unknown): Promise<number | undefined> {
  if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b)
  if (Object.is(a, b)) return 0
  if (a instanceof MediaAnswer && b instanceof MediaAnswer) {
    return a.mediaType === b.mediaType ? pictureDistance(a.bytes, b.bytes) : undefined
  }
  if (typeof a === 'string' && typeof b === 'string') return base64Distance(a, b)
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return undefined
  if (Array.isArray(a) !== Array.isArray(b)) return undefined
  const [own, other] = [new Map(Object.entries(a)), new Map(Object.entries(b))]
  if (own.size !== other.size) return undefined
  let largest = 0
  for (const [name, value] of own) {
    const distance = other.has(name) ? await largestDifference(value, other.get(name)) : undefined
    if (distance === undefined) return undefined
    largest = Math.max(largest, distance)
  }
  return largest
}

/** Texts that differ are at no distance, unless they are pictures. */
async function base64Distance(a: string, b: string): Promise<number | undefined> {
  try {
    return await pictureDistance(decodeBase64(a), decodeBase64(b))
  } catch {
    return undefined
  }
}

async function pictureDistance(a: Uint8Array, b: Uint8Array): Promise<number | undefined> {
  if (a.length === b.length && a.every((byte, i) => byte === b[i])) return 0
  const [own, other] = [await read(a), await read(b)]
  const alike =
    own &&
    other &&
    own.width === other.width &&
    own.height === other.height &&
    own.channels === other.channels &&
    own.depth === other.depth
  if (!alike) return undefined
  let largest = 0
  for (const [i, sample] of own.data.entries()) {
    largest = Math.max(largest, Math.abs(sample - (other.data[i] ?? 0)))
  }
  return largest / (2 ** own.depth - 1)
}

async function read(bytes: Uint8Array): Promise<PngSamples | undefined> {
  try {
    return await readPng(bytes, readImageHeader(bytes, 'cannot be compared:'))
  } catch {
    return undefined
  }
}
