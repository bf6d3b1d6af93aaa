import { expect, test } from 'vitest'

import { featuresOf, fnv1a, readMail, wordsOf } from './features.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const mail = (text: string) => readMail({ mediaType: 'message/rfc822', bytes: bytes(text) }, '[x]')

test('reads subject and text of a multipart mail in base64 and quoted-printable', async () => {
  const parts = await mail(
    'Subject: =?utf-8?B?R3LDvMOfZQ==?=\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n' +
      `--b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n${btoa('first part')}\n` +
      '--b\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nse=E7ond\n--b--\n',
  )
  expect(parts.subject).toBe('Grüße')
  expect(parts.text).toContain('first part')
  expect(parts.text).toContain('seçond')
})

test('takes the words of a mail that is HTML only, without tags and scripts', async () => {
  const { text } = await mail(
    'Subject: x\nContent-Type: text/html\n\n<p>Buy <b>now</b><script>var hidden=1</script></p>',
  )
  expect(wordsOf({ subject: '', text })).toEqual(['buy', 'now'])
})

test('reads HTML that never closes its tags in a moment', async () => {
  const started = performance.now()
  await mail(`Subject: x\nContent-Type: text/html\n\n${'<script'.repeat(120_000)}`)
  await mail(`Subject: x\nContent-Type: text/html\n\n${'<'.repeat(900_000)}`)
  // quadratic time would be minutes; linear is milliseconds, and this leaves a slow machine room
  expect(performance.now() - started).toBeLessThan(10_000)
})

test('takes plain text as the body and a raw mail as a mail', async () => {
  expect(await readMail({ mediaType: 'text/plain', bytes: bytes('just words') }, '[x]')).toEqual({
    subject: '',
    text: 'just words',
  })
  expect(
    await readMail({ mediaType: 'text/plain', bytes: bytes('Subject: hey\n\nyou') }, '[x]'),
  ).toMatchObject({ subject: 'hey' })
})

test('skips the envelope line of a mailbox file', async () => {
  expect(await mail('From a@b Mon Jan 1\nSubject: hey\n\nyou')).toMatchObject({ subject: 'hey' })
})

test('survives headers alone, nothing at all and binary noise', async () => {
  expect(wordsOf(await mail('Subject: \n\n'))).toEqual([])
  expect(wordsOf(await mail(''))).toEqual([])
  const noise = Uint8Array.from({ length: 5_000 }, (_, i) => (i * 7919) % 256)
  await expect(
    readMail({ mediaType: 'message/rfc822', bytes: noise }, '[x]'),
  ).resolves.toBeDefined()
})

test('refuses parts nested deeper than any mail', async () => {
  let nested = 'Content-Type: text/plain\n\nx'
  for (let i = 0; i < 40; i++)
    nested = `Content-Type: multipart/mixed; boundary=b${i}\n\n--b${i}\n${nested}\n--b${i}--\n`
  await expect(mail(`Subject: x\n${nested}`)).rejects.toMatchObject({ code: 'invalid_input' })
})

test('hashes as FNV-1a does and scales features to length 1', () => {
  expect(fnv1a('')).toBe(0x811c9dc5)
  expect(fnv1a('a')).toBe(0xe40c292c)
  const features = featuresOf(['free', 'free', 'money'])
  const squares = [...features.values()].reduce((sum, value) => sum + value * value, 0)
  expect(squares).toBeCloseTo(1)
})
