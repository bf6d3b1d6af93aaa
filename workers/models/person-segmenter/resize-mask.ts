interface Mask {
  width: number
  height: number
  data: Float32Array
}

/** The two samples between which a pixel lies, and how far it is from the first. */
interface Between {
  first: number
  second: number
  share: number
}

/**
 * Scales a mask to `width`×`height`, each pixel interpolated between the four samples around its centre,
 * and makes bytes of the values.
 */
export function resizeMask(
  mask: Mask,
  width: number,
  height: number,
  toByte: (value: number) => number,
): Uint8Array {
  const columns = Array.from({ length: width }, (_, x) => between(x, width, mask.width))
  const bytes = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    const { first, second, share } = between(y, height, mask.height)
    const upper = mask.data.subarray(first * mask.width, (first + 1) * mask.width)
    const lower = mask.data.subarray(second * mask.width, (second + 1) * mask.width)
    for (const [x, column] of columns.entries()) {
      const top = interpolate(upper, column)
      const bottom = interpolate(lower, column)
      bytes[y * width + x] = toByte(top + (bottom - top) * share)
    }
  }
  return bytes
}

/** Centres of pixels are at halves; beyond the outermost samples their value goes on. */
function between(position: number, length: number, samples: number): Between {
  const centre = ((position + 0.5) * samples) / length - 0.5
  const at = Math.max(0, Math.min(samples - 1, centre))
  const first = Math.floor(at)
  return { first, second: Math.min(first + 1, samples - 1), share: at - first }
}

function interpolate(row: Float32Array, { first, second, share }: Between): number {
  const from = row[first] ?? 0
  return from + ((row[second] ?? 0) - from) * share
}
