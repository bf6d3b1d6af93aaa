import { describe, expect, test } from 'vitest'

import { constraintsOf, Envelope } from './constraints.ts'

const from = (headers: Record<string, string>) => constraintsOf(new Headers(headers))

describe('constraintsOf', () => {
  test('waits 10 s for any placement unless it is told otherwise', () => {
    expect(from({})).toEqual({ deadlineMs: 10_000, placement: 'any' })
  })

  test('reads deadline, placement and a pinned model with its version', () => {
    expect(
      from({ 'mesh-deadline-ms': '250', 'mesh-placement': 'edge', 'mesh-model': 'tone@1.2.0' }),
    ).toEqual({ deadlineMs: 250, placement: 'edge', model: 'tone', version: '1.2.0' })
    expect(from({ 'mesh-model': 'tone' })).toMatchObject({ model: 'tone', version: undefined })
  })

  test('reads what the model must be', () => {
    expect(
      from({
        'mesh-objective': 'accurate',
        'mesh-min-accuracy': '0.9',
        'mesh-language': 'pt-BR',
        'mesh-labels': 'spam, ham',
        'mesh-produces': 'image/png',
        'mesh-shape': '-1, 100',
        'mesh-region': 'eu-west',
        'mesh-placement': 'edge-only',
      }),
    ).toEqual({
      deadlineMs: 10_000,
      placement: 'edge-only',
      objective: 'accurate',
      minAccuracy: 0.9,
      language: 'pt-BR',
      labels: ['spam', 'ham'],
      produces: 'image/png',
      shape: [-1, 100],
      region: 'eu-west',
    })
  })

  test.each([
    ['mesh-deadline-ms', '0'],
    ['mesh-deadline-ms', '60001'],
    ['mesh-deadline-ms', '1e3'],
    ['mesh-deadline-ms', 'soon'],
    ['mesh-placement', 'moon'],
    ['mesh-min-accuracy', '90'],
    ['mesh-min-accuracy', 'high'],
    ['mesh-objective', 'best'],
    ['mesh-region', 'EU West'],
    ['mesh-language', 'English'],
    ['mesh-labels', ''],
    ['mesh-produces', 'video/mp4'],
    ['mesh-shape', ''],
    ['mesh-shape', '-2,100'],
    ['mesh-shape', '1,1,1,1,1,1,1,1,1'],
    ['mesh-shape', '[100]'],
    ['mesh-model', ''],
    ['mesh-model', '../etc'],
    ['mesh-model', 'tone@latest'],
    ['mesh-model', 'tone@1@2'],
  ])('refuses %s: %s and names the header', (name, value) => {
    expect(() => from({ [name]: value })).toThrow(
      expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining(name) }),
    )
  })

  test('refuses a mesh header that is not known rather than ignore it', () => {
    expect(() => from({ 'mesh-min-acuracy': '0.9' })).toThrow('mesh-min-acuracy is not known')
  })

  test('takes from the envelope what both say, and from the headers what only they say', () => {
    const headers = new Headers({ 'mesh-deadline-ms': '250', 'mesh-placement': 'edge' })
    expect(constraintsOf(headers, { placement: 'native' })).toMatchObject({
      deadlineMs: 250,
      placement: 'native',
    })
  })

  test("never joins the envelope's model with the header's version", () => {
    const headers = new Headers({ 'mesh-model': 'tone@2' })
    expect(constraintsOf(headers, { model: 'mood' })).toMatchObject({
      model: 'mood',
      version: undefined,
    })
  })
})

describe('Envelope', () => {
  const good = { capability: 'a/b', inputs: 'text' }

  test('takes a capability and inputs', () => {
    expect(Envelope.parse(good)).toEqual(good)
  })

  test.each([
    ['an unknown field', { ...good, input: 'text' }],
    ['an unknown constraint', { ...good, constraints: { accuracy: 1 } }],
    ['an accuracy above 1', { ...good, constraints: { minAccuracy: 90 } }],
    ['a version without its model', { ...good, constraints: { version: '1' } }],
    ['a deadline in text', { ...good, constraints: { deadlineMs: '10' } }],
    ['a capability without domain', { ...good, capability: 'text-classification' }],
    ['inputs that are no text', { ...good, inputs: 3 }],
  ])('refuses %s', (_, body) => {
    expect(Envelope.safeParse(body).success).toBe(false)
  })
})
