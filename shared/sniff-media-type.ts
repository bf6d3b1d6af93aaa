/** The bytes that files begin with; of a RIFF file the four after `starts` are its length, whatever it is. */
const SIGNATURES = [
  { mediaType: 'image/png', starts: '\x89PNG\r\n\x1a\n', form: '' },
  { mediaType: 'image/jpeg', starts: '\xff\xd8\xff', form: '' },
  { mediaType: 'audio/wav', starts: 'RIFF', form: 'WAVE' },
]
const FORM_AT = 8

/** What the first bytes say that a file is, for callers who don't say it; undefined when they tell nothing. */
export function sniffMediaType(bytes: Uint8Array): string | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, FORM_AT + 4))
  const found = SIGNATURES.find(
    ({ starts, form }) => head.startsWith(starts) && head.startsWith(form, FORM_AT),
  )
  return found?.mediaType
}
