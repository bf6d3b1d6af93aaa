import { expectThat, Failed, Skipped, type Check } from '../check.ts'
import { changeInput, countOf, sampleInputs, sampleShape } from '../infer-body.ts'
import { textOf } from '../oip-client.ts'

/** The first whole number that a double can't hold; it would become the one before. */
const BEYOND = '9007199254740993'
const ROUNDED = '9007199254740992'
export const checks: readonly Check[] = [
  {
    title: 'takes 64-bit integers of JSON exactly, or refuses them',
    level: 'required',
    async run(subject) {
      await subject.plain()
      const wide = subject.model.inputs.find(({ datatype }) => /^U?INT64$/.test(datatype))
      if (!wide) throw new Skipped('no input is INT64 or UINT64')
      const data = Array.from({ length: countOf(sampleShape(wide)) }, () => BigInt(BEYOND))
      const inputs = changeInput(sampleInputs(subject.model), wide.name, { data })
      const reply = await subject.send({ inputs })
      if (reply.status >= 400 && reply.status < 500) return
      expectThat(reply.status === 200, '200 or a refusal', reply.status)
      const text = textOf(reply)
      if (text.includes(ROUNDED)) throw new Failed(`expected ${BEYOND}; came ${ROUNDED}`)
      if (!text.includes(BEYOND)) throw new Skipped('no output gives it back')
    },
  },
]
