import PostalMime from 'postal-mime'

import type { TaskInput } from '#shared/codec.ts'
import { decodeUtf8 } from '#shared/json.ts'
import { MeshError } from '#shared/mesh-error.ts'

/** Words and pairs of words are counted into this many buckets; the graph has a weight for each. */
export const BUCKETS = 16_384
/** Text beyond this adds time, not evidence. */
const MAX_TEXT_CHARS = 100_000
const MAX_WORD_CHARS = 40
/** Markup takes several times the room of its text. */
const MAX_HTML_CHARS = 4 * MAX_TEXT_CHARS
/** Elements whose content nobody reads. */
const HIDDEN_ELEMENTS = ['script', 'style'] as const
/** postal-mime's own bounds: deeper or larger is refused, as no mail is. */
const MIME_LIMITS = { maxNestingDepth: 20, maxHeadersSize: 256 * 1024 }

/** A header line at the very start tells a whole mail from the text of one. */
const LOOKS_LIKE_MAIL = /^(From |[A-Za-z][\w-]*:[ \t])/

/** What is read of a mail: subject and text. Headers are left out on purpose: they'd tell which list or server, not what it says. */
export interface Mail {
  subject: string
  text: string
}

/** Parses a mail, or takes plain text as its body. Throws `invalid_input`. */
export async function readMail({ mediaType, bytes }: TaskInput, who: string): Promise<Mail> {
  if (mediaType === 'text/plain') {
    const text = decodeUtf8(bytes, `${who} the text`)
    if (!LOOKS_LIKE_MAIL.test(text)) return { subject: '', text }
  }
  const mail = await PostalMime.parse(withoutEnvelope(bytes), MIME_LIMITS).catch((err: unknown) => {
    throw new MeshError('invalid_input', `${who} the mail cannot be parsed as a MIME message`, {
      cause: err,
    })
  })
  return { subject: mail.subject ?? '', text: mail.text ?? textOfHtml(mail.html ?? '') }
}

/** Mailbox files begin each mail with a line `From …` that is no header. */
function withoutEnvelope(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const envelope = String.fromCharCode(...bytes.subarray(0, 5)) === 'From '
  const start = envelope ? bytes.indexOf(0x0a) + 1 : 0
  return new Uint8Array(bytes.subarray(start))
}

/**
 * The text between the tags, without scripts and styles. One pass over the text, since a regular
 * expression that looks for closing tags takes quadratic time on mail that never closes them.
 */
function textOfHtml(html: string): string {
  const lower = html.slice(0, MAX_HTML_CHARS).toLowerCase()
  const parts: string[] = []
  let at = 0
  while (at < lower.length) {
    const open = lower.indexOf('<', at)
    if (open === -1) {
      parts.push(lower.slice(at))
      break
    }
    parts.push(lower.slice(at, open))
    const hidden = HIDDEN_ELEMENTS.find((name) => lower.startsWith(name, open + 1))
    const from = hidden === undefined ? open : lower.indexOf(`</${hidden}`, open)
    const close = from === -1 ? -1 : lower.indexOf('>', from)
    if (close === -1) break
    at = close + 1
  }
  return parts.join(' ').replaceAll('&nbsp;', ' ').replaceAll('&amp;', '&')
}

/** The words of a mail, lower-case; those of the subject are marked, so that they count apart. */
export function wordsOf({ subject, text }: Mail): string[] {
  const split = (part: string) =>
    part
      .slice(0, MAX_TEXT_CHARS)
      .toLowerCase()
      .match(/[\p{L}\p{N}$!]+/gu) ?? []
  return [...split(subject).map((word) => `s:${word}`), ...split(text)].map((word) =>
    word.slice(0, MAX_WORD_CHARS),
  )
}

/** Buckets and their weights: 1 + log of the count, scaled to length 1 so that long mails don't weigh more. */
export function featuresOf(words: readonly string[]): Map<number, number> {
  const features = new Map<number, number>()
  words.forEach((word, i) => {
    count(features, word)
    const next = words[i + 1]
    if (next !== undefined) count(features, `${word} ${next}`)
  })
  let squares = 0
  for (const [bucket, times] of features) {
    const value = 1 + Math.log(times)
    features.set(bucket, value)
    squares += value * value
  }
  const length = Math.sqrt(squares)
  for (const [bucket, value] of features) features.set(bucket, value / length)
  return features
}

function count(features: Map<number, number>, term: string): void {
  const bucket = fnv1a(term) % BUCKETS
  features.set(bucket, (features.get(bucket) ?? 0) + 1)
}

/** 32-bit FNV-1a over UTF-16 code units (Fowler, Noll and Vo). */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
