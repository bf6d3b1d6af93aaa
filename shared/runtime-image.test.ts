import { describe, expect, test } from 'vitest'

import {
  isRuntimeImage,
  parseRuntimeImage,
  restoreRuntimeImage,
  serializeRuntimeImage,
  type RuntimeImage,
} from './runtime-image.ts'
import { seededRandom } from './seeded-random.ts'

const image: RuntimeImage = {
  header: {
    runtime: 'a'.repeat(64),
    memoryBytes: 65_536,
    constructors: ['construct'],
    globals: { state0: 7 },
    handles: {
      session: 1,
      options: 2,
      inputNames: 3,
      inputValues: 4,
      outputNames: 5,
      outputValues: 6,
      inputs: [
        ['größe', 7],
        ['öö', 9],
      ],
      outputs: [['y', 8]],
    },
  },
  ranges: Uint32Array.of(8, 4, 65_532, 4),
  data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
}

const memory = () => new WebAssembly.Memory({ initial: 1 })
const state = () => new WebAssembly.Global({ value: 'i32', mutable: true }, 0)

describe('a runtime image', () => {
  test('is the same after it was written and read, wherever in a buffer it lies', () => {
    const bytes = serializeRuntimeImage(image)
    expect(isRuntimeImage(bytes)).toBe(true)
    expect(parseRuntimeImage(bytes)).toEqual(image)
    const within = new Uint8Array(bytes.byteLength + 3)
    within.set(bytes, 3)
    expect(parseRuntimeImage(within.subarray(3))).toEqual(image)
  })

  test('puts its bytes and variables into place and leaves the rest', () => {
    const [target, state0] = [memory(), state()]
    new Uint8Array(target.buffer)[100] = 9
    restoreRuntimeImage(image, target, { state0 })
    const bytes = new Uint8Array(target.buffer)
    expect(Array.from(bytes.subarray(8, 12))).toEqual([1, 2, 3, 4])
    expect(Array.from(bytes.subarray(65_532))).toEqual([5, 6, 7, 8])
    expect(bytes[100]).toBe(9)
    expect(state0.value).toBe(7)
  })

  test('of a runtime without its variables is refused', () => {
    expect(() => restoreRuntimeImage(image, memory(), {})).toThrow(/damaged/)
    expect(() => restoreRuntimeImage(image, memory(), { state0: () => 0 })).toThrow(/damaged/)
  })

  test('that is cut off anywhere is refused', () => {
    const bytes = serializeRuntimeImage(image)
    for (let length = 0; length < bytes.byteLength; length++) {
      expect(() => parseRuntimeImage(bytes.subarray(0, length))).toThrow(/damaged/)
    }
  })

  test('with any byte changed is refused, or still within its memory', () => {
    const random = seededRandom(5)
    const bytes = serializeRuntimeImage(image)
    for (let i = 0; i < 2_000; i++) {
      const damaged = bytes.slice()
      damaged[Math.floor(random() * bytes.byteLength)] = Math.floor(random() * 256)
      try {
        restoreRuntimeImage(parseRuntimeImage(damaged), memory(), { state0: state() })
      } catch (err) {
        expect(err).toMatchObject({ code: 'model_unavailable' })
      }
    }
  })

  test('is told from a graph by its first bytes', () => {
    expect(isRuntimeImage(new Uint8Array(3))).toBe(false)
    expect(isRuntimeImage(Uint8Array.of(8, 7, 18, 4, 116, 101, 115, 116))).toBe(false)
    expect(() => parseRuntimeImage(new Uint8Array(100))).toThrow(/damaged/)
  })
})
