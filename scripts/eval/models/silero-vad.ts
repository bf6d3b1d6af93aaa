import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { z } from 'zod'

import { seededRandom } from '#shared/seeded-random.ts'
import { MODELS_DIR } from '../../paths.ts'
import type { Evaluation } from '../evaluation.ts'

const RATE_HZ = 16_000
const Segments = z.array(z.object({ start: z.number(), end: z.number() }))

/** Clips of synthetic speech, and sounds that are none. Few: it tells that the model works, not how well. */
const evaluation: Evaluation = async ({ model, quick }) => {
  const examples = join(MODELS_DIR, 'silero-vad', 'examples')
  const random = seededRandom(7)
  const seconds = quick ? 1 : 4
  const make = (sample: (t: number) => number) =>
    pcm(Array.from({ length: RATE_HZ * seconds }, (_, i) => sample(i / RATE_HZ)))
  const clips: { bytes: Uint8Array; speech: boolean }[] = [
    ...(await Promise.all(
      ['sentence.wav', 'stereo-with-pause.wav'].map(async (name) => ({
        bytes: await readFile(join(examples, name)),
        speech: true,
      })),
    )),
    { bytes: make(() => 0), speech: false },
    { bytes: make(() => (random() - 0.5) * 0.2), speech: false },
    { bytes: make((t) => Math.sin(2 * Math.PI * 50 * t) * 0.3), speech: false },
    { bytes: make((t) => Math.sin(2 * Math.PI * 1_000 * t) * 0.3), speech: false },
    { bytes: make((t) => Math.sin(2 * Math.PI * (200 + 400 * t) * t) * 0.3), speech: false },
    { bytes: make((t) => (t % 0.5 < 0.02 ? 0.8 : 0)), speech: false },
  ]
  let right = 0
  for (const { bytes, speech } of clips) {
    const found = Segments.parse(await model.predict({ mediaType: 'audio/wav', bytes }, {}))
    if (found.length > 0 === speech) right++
  }
  return [
    {
      metric: 'clip accuracy',
      value: right / clips.length,
      n: clips.length,
      on: 'synthetic speech, silence, noise, hum, tone, chirp, clicks',
    },
  ]
}
export default evaluation

/** 16-bit mono WAV. */
function pcm(samples: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(44 + samples.length * 2))
  const text = (at: number, value: string) =>
    Array.from(value, (char, i) => view.setUint8(at + i, char.charCodeAt(0)))
  text(0, 'RIFF')
  view.setUint32(4, view.byteLength - 8, true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, RATE_HZ, true)
  view.setUint32(28, RATE_HZ * 2, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  text(36, 'data')
  view.setUint32(40, samples.length * 2, true)
  samples.forEach((value, i) => view.setInt16(44 + i * 2, value * 32_767, true))
  return new Uint8Array(view.buffer)
}
