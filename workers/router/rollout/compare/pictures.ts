import { isPng, readImageHeader } from '#shared/media/image-header.ts'
import { readPng, type PngSamples } from '#shared/media/read-png.ts'

import type { Comparison } from '../comparer.ts'
import { ALIKE, apart, unlike } from './alike.ts'

/** Of each of two pictures: more than that is not decoded behind somebody's request. */
const MAX_PIXELS = 1024 * 1024

/**
 * Two pictures: the difference is the mean one of their samples, as a fraction of full brightness. What is no PNG
 * is the same file or another.
 */
export async function comparePictures(
  stable: Uint8Array,
  candidate: Uint8Array,
  tolerance: number,
): Promise<Comparison> {
  if (sameBytes(stable, candidate)) return ALIKE
  if (!isPng(stable) || !isPng(candidate)) return unlike('the file is another')
  const [own, other] = [await read(stable), await read(candidate)]
  if (kindOf(own) !== kindOf(other)) return unlike('the picture is of another size or kind')
  const white = 2 ** own.depth - 1
  let sum = 0
  for (const [i, sample] of own.data.entries()) sum += Math.abs(sample - (other.data[i] ?? 0))
  return apart(sum / own.data.length / white, tolerance, 'the picture is another')
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, i) => byte === b[i])
}

async function read(bytes: Uint8Array): Promise<PngSamples> {
  return readPng(bytes, readImageHeader(bytes, 'cannot be compared:', MAX_PIXELS))
}

function kindOf({ width, height, channels, depth }: PngSamples): string {
  return `${width}×${height} ${channels} ${depth}`
}
