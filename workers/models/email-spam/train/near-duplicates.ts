import { fnv1a } from '../features.ts'

/** Words in a row that make a shingle. */
const SHINGLE_WORDS = 4
/** 64 minima in 16 bands of 4: two mails that share half their shingles meet in a band with 64 %, at 0.8 with 99.98 %. */
const BANDS = 16
const ROWS = 4
/** Subjects shorter than this, such as "hi", say nothing of where a mail comes from. */
const MIN_SUBJECT_CHARS = 8

export interface Document {
  subject: string
  words: readonly string[]
}

/**
 * Groups mails that repeat each other: by MinHash over word shingles (Broder, 1997), and by the
 * subject of their thread. Returns for each mail the number of its group.
 */
export function groupNearDuplicates(documents: readonly Document[]): number[] {
  const parents = documents.map((_, i) => i)
  const find = (i: number): number => {
    let root = i
    while (parents[root] !== root) root = parents[root] ?? root
    parents[i] = root
    return root
  }
  const firstWith = new Map<string, number>()
  const meet = (key: string, i: number) => {
    const first = firstWith.get(key)
    if (first === undefined) firstWith.set(key, i)
    else parents[find(i)] = find(first)
  }
  documents.forEach(({ subject, words }, i) => {
    const thread = subject
      .toLowerCase()
      .replace(/^(\s*(re|fw|fwd|aw)\s*:|\s*\[[^\]]*\])+/g, '')
      .replaceAll(/[\d\s\W_]+/g, ' ')
      .trim()
    if (thread.length >= MIN_SUBJECT_CHARS) meet(`subject ${thread}`, i)
    const signature = minHash(words)
    for (let band = 0; band < BANDS; band++) {
      meet(`${band} ${signature.slice(band * ROWS, (band + 1) * ROWS).join(' ')}`, i)
    }
  })
  return documents.map((_, i) => find(i))
}

function minHash(words: readonly string[]): number[] {
  const minima = Array.from({ length: BANDS * ROWS }, () => 0xffff_ffff)
  const last = Math.max(1, words.length - SHINGLE_WORDS + 1)
  for (let i = 0; i < last; i++) {
    const shingle = fnv1a(words.slice(i, i + SHINGLE_WORDS).join(' '))
    for (let k = 0; k < minima.length; k++) {
      const hash = mix(shingle ^ Math.imul(k + 1, 0x9e37_79b9))
      if (hash < (minima[k] ?? 0)) minima[k] = hash
    }
  }
  return minima
}

/** Murmur3's finaliser: every bit of the input reaches every bit of the output. */
function mix(value: number): number {
  let h = value
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35)
  return (h ^ (h >>> 16)) >>> 0
}
