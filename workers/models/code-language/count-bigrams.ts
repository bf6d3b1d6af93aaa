/** Buckets that bigrams fall into; a width of the graph. */
export const BUCKETS = 5000
/** The graph was trained on the first bigrams of a file only. */
export const MAX_BIGRAMS = 10_000

/** FarmHash's multipliers. */
const [K0, K2] = [0xc3a5_c85c_97cb_3127n, 0x9ae1_6a3b_2f90_404fn]
/** The words that are hashed are two bytes with a space between. */
const WORD_BYTES = 3n
const MIDDLE = BigInt(0x20 << 8)

/** How many of the text's first bigrams of bytes fall into each bucket. */
export function countBigrams(bytes: Uint8Array): Float32Array {
  const bigrams = new Map<number, number>()
  const end = Math.min(bytes.length - 1, MAX_BIGRAMS)
  for (let i = 0; i < end; i++) {
    const bigram = ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)
    bigrams.set(bigram, (bigrams.get(bigram) ?? 0) + 1)
  }
  const counts = new Float32Array(BUCKETS)
  for (const [bigram, count] of bigrams) {
    const bucket = bucketOf(bigram >> 8, bigram & 0xff)
    counts[bucket] = (counts[bucket] ?? 0) + count
  }
  return counts
}

/** The bucket of "a b": FarmHash's 64-bit fingerprint, as it is for words of up to three bytes, modulo the buckets. */
export function bucketOf(first: number, second: number): number {
  const y = BigInt(first) + MIDDLE
  const z = WORD_BYTES + BigInt(second << 2)
  const mixed = BigInt.asUintN(64, y * K2) ^ BigInt.asUintN(64, z * K0)
  return Number(BigInt.asUintN(64, (mixed ^ (mixed >> 47n)) * K2) % BigInt(BUCKETS))
}
