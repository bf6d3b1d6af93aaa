import { z } from 'zod'

import { singleRun } from '#shared/codec.ts'
import { decodeUtf8 } from '#shared/json.ts'
import { parseParameters } from '#shared/parse-parameters.ts'
import { fp32, requireFp32 } from '#shared/tensor.ts'

import { FEATURES, featuresOf } from './features.ts'
import manifest from './manifest.json' with { type: 'json' }
import { parseReadings } from './parse-readings.ts'

const [NORMAL, ANOMALY] = ['normal', 'anomaly']

const Parameters = z.strictObject({})

/** Answers one `{label, score}` for each reading, in order; the score is the probability of that label. */
export const codec = singleRun<undefined>({
  encode({ bytes }, parameters) {
    parseParameters(Parameters, parameters, manifest.id)
    const text = decodeUtf8(bytes, `[${manifest.id}] the table`)
    const readings = parseReadings(text, `[${manifest.id}]`)
    return {
      tensors: { features: fp32(featuresOf(readings), [readings.length, FEATURES]) },
      context: undefined,
    }
  },
  decode(outputs) {
    const probabilities = requireFp32(outputs, 'probabilities')
    return Array.from({ length: probabilities.length / 2 }, (_, i) => {
      const anomaly = probabilities[2 * i + 1] ?? 0
      return anomaly >= 0.5
        ? { label: ANOMALY, score: anomaly }
        : { label: NORMAL, score: probabilities[2 * i] ?? 0 }
    })
  },
})
