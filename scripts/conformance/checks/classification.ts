import { expectThat, Skipped, type Check } from '../check.ts'

const CLASS = /^-?(\d+(\.\d+)?(e[+-]?\d+)?|inf|nan):\d+(:.*)?$/i

export const checks: readonly Check[] = [
  {
    title: 'answers the best classes of an output',
    level: 'classification',
    async run(subject) {
      const { outputs } = await subject.plain()
      const scores = outputs.find(
        ({ datatype, shape }) =>
          /^FP(32|64)$/.test(datatype) && shape.length > 0 && shape.length < 3,
      )
      if (!scores || scores.values.length === 0) throw new Skipped('no output is a list of scores')
      const { name } = scores
      const answer = await subject.infer({ outputs: [{ name, parameters: { classification: 1 } }] })
      const [classes] = answer.outputs
      expectThat(classes?.datatype === 'BYTES', `output '${name}' as BYTES`, classes)
      const other = classes.values.find((value) => typeof value !== 'string' || !CLASS.test(value))
      expectThat(
        other === undefined && classes.values.length > 0,
        "'<value>:<index>[:<label>]'",
        classes.values,
      )
    },
  },
]
