import { z } from 'zod'

import type { Codec } from '#shared/codec.ts'
import { parseWav } from '#shared/media/parse-wav.ts'
import { resample } from '#shared/media/resample.ts'
import { parseParameters } from '#shared/parse-parameters.ts'
import { fp32, int64Scalar, requireFp32, requireTensor } from '#shared/tensor.ts'

import manifest from './manifest.json' with { type: 'json' }
import { findSegments } from './segments.ts'

const who = `[${manifest.id}]`
const SAMPLE_RATE_HZ = 16_000
/** The graph sees 512 new samples behind the last 64 of the frame before. */
const FRAME = 512
const CONTEXT = 64
const STATE_SHAPE = [2, 1, 128] as const
/** Five minutes are some 9,400 runs of the graph: seconds of one isolate's time. */
const MAX_SECONDS = 300

const Seconds = z.number().min(0).max(10)
/** Defaults are those of Silero's reference. */
const Parameters = z.strictObject({
  threshold: z.number().min(0.2).max(0.95).default(0.5),
  min_speech: Seconds.default(0.25),
  min_silence: Seconds.default(0.1),
  pad: Seconds.default(0.03),
})

export const codec: Codec = {
  async predict({ bytes }, parameters, run) {
    const options = parseParameters(Parameters, parameters, manifest.id)
    const audio = parseWav(bytes, MAX_SECONDS, who)
    const samples = resample(audio.samples, audio.sampleRate, SAMPLE_RATE_HZ)

    const sr = int64Scalar(SAMPLE_RATE_HZ)
    let state = fp32(new Float32Array(2 * 128), STATE_SHAPE)
    const probabilities: number[] = []
    for (let at = 0; at < samples.length; at += FRAME) {
      const outputs = await run({
        input: fp32(frameAt(samples, at), [1, CONTEXT + FRAME]),
        state,
        sr,
      })
      probabilities.push(requireFp32(outputs, 'output')[0] ?? 0)
      state = requireTensor(outputs, 'stateN')
    }
    return findSegments(probabilities, FRAME / SAMPLE_RATE_HZ, {
      threshold: options.threshold,
      minSpeech: options.min_speech,
      minSilence: options.min_silence,
      pad: options.pad,
    })
  },
}

/** The frame that begins at `at` with its context; silence before the clip and after it. */
function frameAt(samples: Float32Array, at: number): Float32Array<ArrayBuffer> {
  const frame = new Float32Array(CONTEXT + FRAME)
  const from = Math.max(0, at - CONTEXT)
  frame.set(samples.subarray(from, at + FRAME), from - (at - CONTEXT))
  return frame
}
