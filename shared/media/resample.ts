/** Zero crossings of the sinc on either side: 16 put aliases some 60 dB down with this window. */
const ZERO_CROSSINGS = 16
/** The pass band ends a little below the lower Nyquist frequency, so that the filter's slope fits in between. */
const ROLL_OFF = 0.945
/** Fractional positions that get a filter of their own; odd ratios are rounded to the nearest. */
const MAX_PHASES = 512

/**
 * Band-limited resampling with a windowed sinc, one filter for each fractional position (polyphase;
 * J. O. Smith, Digital Audio Resampling). Rates in Hz; the result has ceil(n × to / from) samples.
 */
export function resample(
  samples: Float32Array<ArrayBuffer>,
  from: number,
  to: number,
): Float32Array<ArrayBuffer> {
  if (from === to) return samples
  const phases = Math.min(to / gcd(from, to), MAX_PHASES)
  const cutoff = Math.min(1, to / from) * ROLL_OFF
  const reach = Math.ceil(ZERO_CROSSINGS / cutoff)
  const filters = Array.from({ length: phases }, (_, phase) =>
    sincFilter(phase / phases, cutoff, reach),
  )

  const resampled = new Float32Array(Math.ceil((samples.length * to) / from))
  for (let i = 0; i < resampled.length; i++) {
    const position = (i * from) / to
    let base = Math.floor(position)
    let phase = Math.round((position - base) * phases)
    if (phase === phases) {
      phase = 0
      base++
    }
    resampled[i] = convolve(samples, filters[phase] ?? [], base - reach + 1)
  }
  return resampled
}

/** Taps at −reach+1 … reach around a fractional position, under a Hann window, with a sum of 1. */
function sincFilter(fraction: number, cutoff: number, reach: number): Float32Array {
  const taps = new Float32Array(2 * reach)
  let sum = 0
  for (let k = 0; k < taps.length; k++) {
    const distance = k - reach + 1 - fraction
    const x = Math.PI * distance * cutoff
    const sinc = x === 0 ? 1 : Math.sin(x) / x
    const tap = sinc * (0.5 + 0.5 * Math.cos((Math.PI * distance) / reach))
    taps[k] = Math.abs(distance) >= reach ? 0 : tap
    sum += taps[k] ?? 0
  }
  return taps.map((tap) => tap / sum)
}

/** Outside the signal there is silence. */
function convolve(samples: Float32Array, taps: ArrayLike<number>, start: number): number {
  let sum = 0
  const end = Math.min(taps.length, samples.length - start)
  for (let k = Math.max(0, -start); k < end; k++) sum += (samples[start + k] ?? 0) * (taps[k] ?? 0)
  return sum
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}
