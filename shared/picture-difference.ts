import { readImageHeader } from './media/image-header.ts'
import { readPng, type PngSamples } from './media/read-png.ts'
import { MeshError } from './mesh-error.ts'

/**
 * The first sample at which two PNGs are further apart than `tolerance`, as a fraction of full brightness:
 * two runtimes round a pixel differently now and then, and the compressed bytes then differ as a whole.
 */
export async function findPictureDifference(
  actual: Uint8Array,
  expected: Uint8Array,
  tolerance: number,
  path: string,
): Promise<string | undefined> {
  const [picture, reference] = [await read(actual), await read(expected)]
  if (typeof picture === 'string') return `${path} ${picture}`
  if (typeof reference === 'string') return `${path}, as it is expected, ${reference}`
  if (kindOf(picture) !== kindOf(reference)) {
    return `${path} is ${kindOf(picture)}, expected ${kindOf(reference)}`
  }
  const { channels, width } = reference
  const white = 2 ** reference.depth - 1
  const at = reference.data.findIndex(
    (sample, i) => Math.abs((picture.data[i] ?? 0) - sample) / white > tolerance,
  )
  if (at === -1) return undefined
  const pixel = Math.floor(at / channels)
  return (
    `${path} at x ${pixel % width}, y ${Math.floor(pixel / width)}, channel ${at % channels} is ` +
    `${picture.data[at]}, expected ${reference.data[at]} ± ${tolerance * white}`
  )
}

/** A PNG's samples, or what is wrong with it: it may be a node's that isn't ours. */
async function read(bytes: Uint8Array): Promise<PngSamples | string> {
  try {
    return await readPng(bytes, readImageHeader(bytes, 'cannot be compared:'))
  } catch (err) {
    return err instanceof MeshError ? err.message : 'is a damaged PNG'
  }
}

function kindOf({ width, height, channels, depth }: PngSamples): string {
  return `a PNG of ${width}×${height}, ${channels} channels of ${depth} bits`
}
