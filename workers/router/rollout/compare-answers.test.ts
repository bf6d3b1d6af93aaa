import { describe, expect, test } from 'vitest'

import { encodeBase64 } from '#shared/base64.ts'
import { encodePng } from '#shared/media/encode-png.ts'
import { inferResponse } from '#shared/oip/infer-response.ts'
import { INFERENCE_HEADER } from '#shared/protocol.ts'
import { fp32, type Tensor } from '#shared/tensor.ts'

import { compareAnswers, type HeldAnswer } from './compare-answers.ts'

const utf8 = new TextEncoder()
const held = (body: Uint8Array | string, contentType = 'application/json'): HeldAnswer => ({
  contentType,
  headers: {},
  body: typeof body === 'string' ? utf8.encode(body) : body,
})
const of = (task: string, stable: unknown, candidate: unknown, tolerance = 0.01) =>
  compareAnswers(
    { task, door: 'task', tolerance },
    held(JSON.stringify(stable)),
    held(JSON.stringify(candidate)),
  )
const ranked = (scores: Record<string, number>) =>
  Object.entries(scores).map(([label, score]) => ({ label, score }))

describe('labels', () => {
  const compare = (stable: Record<string, number>, candidate: Record<string, number>) =>
    of('text-classification', ranked(stable), ranked(candidate))

  test('agree by the first, whatever the scores; how far these and the ranks are apart is told', async () => {
    const close = await compare({ a: 0.7, b: 0.2, c: 0.1 }, { a: 0.6, b: 0.3, c: 0.1 })
    expect(close).toEqual({ agrees: true, difference: expect.closeTo(0.1), correlation: 1 })
    const turned = await compare({ a: 0.7, b: 0.2, c: 0.1 }, { a: 0.7, c: 0.2, b: 0.1 })
    expect(turned).toMatchObject({ agrees: true, correlation: expect.closeTo(0.5) })
  })

  test('differ by the first, without telling what it is', async () => {
    const other = await compare({ ada: 0.7, bob: 0.3 }, { bob: 0.9, ada: 0.1 })
    expect(other).toMatchObject({ agrees: false, difference: expect.closeTo(0.6) })
    expect(JSON.stringify(other)).not.toMatch(/ada|bob/)
    expect(await compare({ a: 1 }, { b: 1 })).toMatchObject({ agrees: false })
  })

  test('that are tied for the first place agree either way', async () => {
    expect(await compare({ a: 0.5, b: 0.4999 }, { b: 0.5, a: 0.4999 })).toMatchObject({
      agrees: true,
    })
  })

  test('of several inputs agree when those of each do', async () => {
    const [yes, no] = [ranked({ yes: 1 }), ranked({ no: 1 })]
    const both = (stable: unknown, candidate: unknown) =>
      of('text-classification', stable, candidate)
    expect(await both([yes, no], [ranked({ yes: 0.9 }), no])).toMatchObject({ agrees: true })
    expect(await both([yes, no], [yes, yes])).toMatchObject({ agrees: false })
    expect(await both([yes, no], [yes])).toMatchObject({ agrees: false })
    expect(await both([yes, no], yes)).toMatchObject({ agrees: false })
  })

  test('are not what is no answer of the task', async () => {
    for (const broken of [[], {}, [{ label: 'yes' }], 'yes', null]) {
      expect(await of('text-classification', ranked({ yes: 1 }), broken)).toMatchObject({
        agrees: false,
        reason: 'it is no answer of its task',
      })
    }
  })
})

test('rows of a table keep their places, and differ by their share', async () => {
  const rows = (text: string) => Array.from(text, (label) => ({ label, score: 0.9 }))
  const compare = (stable: string, candidate: string, tolerance = 0.01) =>
    of('tabular-classification', rows(stable), rows(candidate), tolerance)
  expect(await compare('aabb', 'abbb')).toMatchObject({ agrees: false, difference: 0.25 })
  expect(await compare('aabb', 'abbb', 0.25)).toMatchObject({ agrees: true, difference: 0.25 })
  expect(await compare('ab', 'ba')).toMatchObject({ agrees: false, difference: 1 })
  expect(await compare('ab', 'a')).toMatchObject({ agrees: false })
})

test('vectors agree by their direction', async () => {
  const compare = (stable: unknown, candidate: unknown) =>
    of('feature-extraction', stable, candidate)
  expect(await compare([1, 2], [2, 4])).toMatchObject({
    agrees: true,
    difference: expect.closeTo(0),
  })
  expect(await compare([1, 0], [0, 1])).toMatchObject({ agrees: false, difference: 1 })
  expect(
    await compare(
      [
        [1, 0],
        [1, 0],
      ],
      [
        [1, 0],
        [0, 1],
      ],
    ),
  ).toMatchObject({ agrees: false })
  expect(await compare([1, 0], [1, 0, 0])).toMatchObject({ agrees: false })
  expect(await compare([0, 0], [0, 1])).toMatchObject({ agrees: false })
})

test('boxes agree when each has a counterpart of its label that it overlaps by half', async () => {
  const box = (label: string, xmin: number, xmax: number) => ({
    label,
    score: 1,
    box: { xmin, ymin: 0, xmax, ymax: 10 },
  })
  const compare = (stable: unknown, candidate: unknown) => of('object-detection', stable, candidate)
  expect(await compare([box('cat', 0, 10)], [box('cat', 1, 11)])).toMatchObject({ agrees: true })
  expect(await compare([box('cat', 0, 10)], [box('cat', 6, 16)])).toMatchObject({ agrees: false })
  expect(await compare([box('cat', 0, 10)], [box('dog', 0, 10)])).toMatchObject({
    agrees: false,
    difference: 1,
  })
  expect(await compare([box('cat', 0, 10)], [])).toMatchObject({ agrees: false })
  const twice = [box('cat', 0, 10), box('cat', 0, 10)]
  expect(await compare(twice, [box('cat', 0, 10)])).toMatchObject({
    difference: expect.closeTo(1 / 3),
  })
})

test('stretches of time agree likewise', async () => {
  const compare = (stable: unknown, candidate: unknown) =>
    of('voice-activity-detection', stable, candidate)
  const heard = (start: number, end: number) => ({ start, end, score: 1 })
  expect(await compare([heard(0, 2)], [heard(0.1, 2.1)])).toMatchObject({ agrees: true })
  expect(await compare([heard(0, 2)], [heard(0, 0.5)])).toMatchObject({ agrees: false })
})

test('texts agree when they read the same', async () => {
  const lines = (all: string[]) => all.map((line) => ({ generated_text: line }))
  const compare = (stable: string[], candidate: string[]) =>
    of('image-to-text', lines(stable), lines(candidate))
  expect(await compare(['one', 'two'], ['one  two '])).toMatchObject({ agrees: true })
  const other = await compare(['secret'], ['secrets'])
  expect(other).toMatchObject({ agrees: false })
  expect(JSON.stringify(other)).not.toContain('secret')
})

describe('pictures', () => {
  const grey = (level: number, width = 8) =>
    encodePng({ width, height: 8, channels: 1, data: new Uint8Array(width * 8).fill(level) })
  const png = (stable: number, candidate: number, tolerance = 0.01) =>
    compareAnswers(
      { task: 'image-to-image', door: 'task', tolerance },
      held(grey(stable), 'image/png'),
      held(grey(candidate), 'image/png'),
    )

  test('agree by the mean of what their samples differ', async () => {
    expect(await png(100, 101)).toMatchObject({ agrees: true, difference: expect.closeTo(1 / 255) })
    expect(await png(100, 151)).toMatchObject({ agrees: false, difference: expect.closeTo(0.2) })
  })

  test('of another size, or of no kind that can be read, differ', async () => {
    const wide = held(grey(1, 9), 'image/png')
    const asked = { task: 'image-to-image', door: 'task', tolerance: 0.01 } as const
    expect(await compareAnswers(asked, held(grey(1), 'image/png'), wide)).toMatchObject({
      agrees: false,
    })
    const jpegs = [held('a', 'image/jpeg'), held('b', 'image/jpeg')] as const
    expect(await compareAnswers(asked, ...jpegs)).toMatchObject({ agrees: false })
    expect(await compareAnswers(asked, wide, jpegs[0])).toMatchObject({ agrees: false })
  })

  test('that are masks are compared label by label', async () => {
    const mask = (label: string, level: number) => ({
      label,
      score: null,
      mask: encodeBase64(grey(level)),
    })
    const compare = (stable: [string, number], candidate: [string, number]) =>
      of('image-segmentation', [mask(...stable)], [mask(...candidate)])
    expect(await compare(['sky', 100], ['sky', 101])).toMatchObject({ agrees: true })
    expect(await compare(['sky', 100], ['sky', 200])).toMatchObject({ agrees: false })
    expect(await compare(['sky', 100], ['sea', 100])).toMatchObject({ agrees: false })
  })
})

describe('tensors', () => {
  const answer = async (version: string, tensor: Tensor, binary: boolean): Promise<HeldAnswer> => {
    const response = inferResponse({
      model: { id: 'tone', version },
      request: { inputs: [], parameters: { binary_data_output: binary } },
      outputs: [{ name: 'y', tensor }],
    })
    const length = response.headers.get(INFERENCE_HEADER)
    return {
      contentType: response.headers.get('content-type') ?? '',
      headers: length === null ? {} : { [INFERENCE_HEADER]: length },
      body: new Uint8Array(await response.arrayBuffer()),
    }
  }
  const compare = async (stable: Tensor, candidate: Tensor, binary: boolean) =>
    compareAnswers(
      { task: 'feature-extraction', door: 'tensor', tolerance: 0.01 },
      await answer('1', stable, binary),
      await answer('2', candidate, binary),
    )
  const numbers = (...values: number[]) => fp32(Float32Array.from(values), [values.length])
  const words = (...values: string[]): Tensor => ({
    datatype: 'BYTES',
    shape: [values.length],
    data: values.map((value) => utf8.encode(value)),
  })

  test.each([true, false])(
    'agree by their numbers, not by the version they name (binary: %s)',
    async (binary) => {
      expect(await compare(numbers(1, 2), numbers(1, 2.001), binary)).toMatchObject({
        agrees: true,
      })
      expect(await compare(numbers(1, 200), numbers(1, 201), binary)).toMatchObject({
        agrees: true,
        difference: expect.closeTo(1 / 200),
      })
      expect(await compare(numbers(1, 2), numbers(1, 3), binary)).toMatchObject({ agrees: false })
      expect(await compare(numbers(1, 2), numbers(1), binary)).toMatchObject({ agrees: false })
      expect(await compare(words('a', 'b'), words('a', 'b'), binary)).toMatchObject({
        agrees: true,
      })
      expect(await compare(words('a', 'b'), words('a', 'c'), binary)).toMatchObject({
        agrees: false,
      })
      expect(await compare(words('a'), numbers(1), binary)).toMatchObject({ agrees: false })
    },
  )

  test('that are no numbers differ from those that are', async () => {
    expect(await compare(numbers(1), numbers(Number.NaN), true)).toMatchObject({ agrees: false })
    expect(await compare(numbers(Number.NaN), numbers(Number.NaN), true)).toMatchObject({
      agrees: true,
    })
  })

  test('that break off are no pair', async () => {
    const whole = await answer('1', numbers(1, 2), true)
    const broken = { ...whole, body: whole.body.subarray(0, -3) }
    const asked = { task: 'x', door: 'tensor', tolerance: 0.01 } as const
    await expect(compareAnswers(asked, whole, broken)).rejects.toThrow('bytes')
  })
})

describe('any other JSON', () => {
  const compare = (stable: unknown, candidate: unknown) => of('token-counting', stable, candidate)

  test('agrees in structure and texts, its numbers within the tolerance', async () => {
    expect(await compare({ a: [1, 'x'] }, { a: [1.005, 'x'] })).toMatchObject({ agrees: true })
    for (const other of [
      { a: [1.1, 'x'] },
      { a: [1, 'y'] },
      { a: [1] },
      { b: [1, 'x'] },
      [1, 'x'],
      null,
    ]) {
      expect(await compare({ a: [1, 'x'] }, other), JSON.stringify(other)).toMatchObject({
        agrees: false,
      })
    }
  })

  test('is not walked where it is too large: alike byte by byte, or unknown', async () => {
    const long = Array.from({ length: 100_000 }, (_, i) => i)
    expect(await compare(long, long)).toMatchObject({ agrees: true })
    expect(await compare(long, [...long, 1])).toBeUndefined()
  })

  test('of another media type differs', async () => {
    const asked = { task: 'x', door: 'task', tolerance: 0.01 } as const
    expect(await compareAnswers(asked, held('1'), held('1', 'text/plain'))).toMatchObject({
      agrees: false,
    })
  })
})
