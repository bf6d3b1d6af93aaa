import { expectThat, Skipped, type Check } from '../check.ts'
import { readInferAnswer } from '../infer-answer.ts'
import { binaryInput, changeInput, countOf, sampleInputs, sampleShape } from '../infer-body.ts'
import type { Subject } from '../subject.ts'

/** What a server must carry unharmed: no ASCII, nothing, a line break. */
const TEXTS = ['Grüße, 世界 🌍', '', 'two\nlines']

function requireBytes({ model }: Subject) {
  const found = model.inputs.find(({ datatype }) => datatype === 'BYTES')
  if (found) return found
  throw new Skipped('no input of the model is BYTES')
}

export const checks: readonly Check[] = [
  {
    title: 'takes BYTES as JSON texts',
    level: 'required',
    async run(subject) {
      requireBytes(subject)
      // the sample has texts as JSON
      await subject.infer()
    },
  },
  {
    title: 'carries every text unharmed',
    level: 'required',
    async run(subject) {
      const input = requireBytes(subject)
      await subject.plain()
      const shape = sampleShape(input).with(input.shape.indexOf(-1), TEXTS.length)
      if (!input.shape.includes(-1) || countOf(shape) !== TEXTS.length) {
        throw new Skipped(`input '${input.name}' takes no list of any length`)
      }
      const inputs = changeInput(sampleInputs(subject.model), input.name, { shape, data: TEXTS })
      const { outputs } = await subject.infer({ inputs })
      const echo = outputs.find(
        ({ datatype, values }) => datatype === 'BYTES' && values.length === TEXTS.length,
      )
      if (!echo) throw new Skipped('no output gives them back')
      const same = JSON.stringify(echo.values) === JSON.stringify(TEXTS)
      expectThat(same, JSON.stringify(TEXTS), echo.values)
    },
  },
  {
    title: 'takes BYTES as bytes',
    level: 'binary_tensor_data',
    async run(subject) {
      const input = requireBytes(subject)
      await subject.plain()
      const { bytes } = binaryInput(input)
      const inputs = changeInput(sampleInputs(subject.model), input.name, {
        data: undefined,
        bytes,
      })
      readInferAnswer(await subject.send({ inputs, parameters: { binary_data_output: true } }))
    },
  },
  {
    title: 'refuses BYTES whose lengths lie',
    level: 'binary_tensor_data',
    async run(subject) {
      const { name } = requireBytes(subject)
      await subject.plain()
      const inputs = changeInput(sampleInputs(subject.model), name, {
        data: undefined,
        bytes: new Uint8Array([255, 255, 255, 127, 1]),
      })
      const { status } = await subject.send({ inputs })
      expectThat(status >= 400 && status < 500, 'a status from 400 to 499', status)
    },
  },
]
