import { describe, expect, test } from 'vitest'

import { packFloats, unpackFloats } from './packed-floats.ts'
import { seededRandom } from './seeded-random.ts'

const PREFIX_BYTES = 16
const random = seededRandom(7)
const randomBytes = (length: number) =>
  Uint8Array.from({ length }, () => Math.floor(random() * 256))
/** Numbers of every size that float16 has, and of either sign. */
const narrowFloats = (length: number) =>
  Float32Array.from(new Float16Array(Uint16Array.from({ length }, () => random() * 0x7c00).buffer))
const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  new Uint8Array(buffer, byteOffset, byteLength)

describe('packed floats', () => {
  test('come back bit for bit, each number that float16 holds in half the bytes', () => {
    const all = new Float16Array(Uint16Array.from({ length: 0x10000 }, (_, i) => i).buffer)
    const finite = Float32Array.from(all).filter((value) => Number.isFinite(value))
    const packed = packFloats(bytesOf(finite))
    expect(packed.byteLength).toBe(PREFIX_BYTES + 8 + 2 * finite.length)
    expect(unpackFloats(packed)).toEqual(bytesOf(finite))
  })

  test('keep what float16 does not hold as it is', () => {
    const near = [1 + 2 ** -11, 65_520, 2 ** -25, 3 * 2 ** -25, Infinity, -Infinity, NaN, 2 ** -140]
    for (const value of near) {
      const bytes = bytesOf(new Float32Array(1000).fill(value))
      const packed = packFloats(bytes)
      expect(packed.byteLength).toBe(PREFIX_BYTES + bytes.byteLength)
      expect(unpackFloats(packed)).toEqual(bytes)
    }
  })

  test('come back from between anything else, at any length', () => {
    for (let round = 0; round < 200; round++) {
      const parts = Array.from({ length: 5 }, () =>
        random() < 0.5 ? randomBytes(random() * 300) : bytesOf(narrowFloats(random() * 300)),
      )
      const bytes = Uint8Array.from(Buffer.concat(parts))
      expect(unpackFloats(packFloats(bytes))).toEqual(bytes)
    }
  })

  test('are read from the middle of a larger buffer', () => {
    const bytes = bytesOf(narrowFloats(500))
    const shifted = new Uint8Array(bytes.byteLength + 3)
    shifted.set(bytes, 3)
    const packed = packFloats(shifted.subarray(3))
    const inside = new Uint8Array(packed.byteLength + 1)
    inside.set(packed, 1)
    expect(unpackFloats(inside.subarray(1))).toEqual(bytes)
  })

  test('are not looked for in bytes that were never packed', () => {
    const bytes = randomBytes(100)
    expect(unpackFloats(bytes)).toBe(bytes)
    expect(unpackFloats(new Uint8Array())).toHaveLength(0)
  })
})

describe('damaged packed floats are refused', () => {
  const packed = packFloats(bytesOf(narrowFloats(1000)))
  const damage = (at: number, value: number) => {
    const bytes = packed.slice()
    new DataView(bytes.buffer).setUint32(at, value, true)
    return bytes
  }

  test.each([
    ['cut off anywhere', packed.subarray(0, 1000)],
    ['cut off in the prefix', packed.subarray(0, 12)],
    ['cut off in the runs', packed.subarray(0, 20)],
    ['longer than they say', Uint8Array.from([...packed, 0])],
    ['of an unpacked length beyond any model', damage(8, 0xffffffff)],
    ['of more runs than there are bytes', damage(12, 0xffffffff)],
    ['of a run that begins outside', damage(16, 0xfffffff0)],
    ['of a run that ends outside', damage(20, 0xffffffff)],
    ['of a run that is longer than what is left', damage(20, 1001)],
  ])('%s', (_, bytes) => {
    expect(() => unpackFloats(bytes)).toThrow(/packed weights are damaged/)
  })

  test('with runs that overlap', () => {
    const first = bytesOf(narrowFloats(100))
    const wide = bytesOf(new Float32Array(10).fill(Math.PI))
    const two = packFloats(Uint8Array.from(Buffer.concat([first, wide, first])))
    new DataView(two.buffer).setUint32(24, 0, true)
    expect(() => unpackFloats(two)).toThrow(/damaged/)
  })
})
