import { z } from 'zod'

import { expectThat, Failed, type Check } from '../check.ts'
import { jsonOf } from '../oip-client.ts'
import type { Subject } from '../subject.ts'

const Duration = z.looseObject({ count: z.number(), ns: z.number() })
const Statistics = z.looseObject({
  model_stats: z.array(
    z.looseObject({
      name: z.string(),
      version: z.string(),
      inference_stats: z.looseObject({ success: Duration, fail: Duration }),
    }),
  ),
})

async function successesOf({ call, model, modelPath }: Subject): Promise<number> {
  const reply = await call(`${modelPath}/stats`)
  expectThat(reply.status === 200, 'status 200', reply.status)
  const parsed = Statistics.safeParse(jsonOf(reply))
  if (!parsed.success) throw new Failed(z.prettifyError(parsed.error))
  const own = parsed.data.model_stats.filter(({ name }) => name === model.name)
  expectThat(own.length > 0, `an entry of '${model.name}'`, parsed.data)
  return own.reduce((sum, { inference_stats }) => sum + inference_stats.success.count, 0)
}

export const checks: readonly Check[] = [
  {
    title: 'counts an inference of the model',
    level: 'statistics',
    async run(subject) {
      await subject.plain()
      const before = await successesOf(subject)
      await subject.infer()
      const after = await successesOf(subject)
      expectThat(after > before, `more than ${before}`, after)
    },
  },
  {
    title: 'tells the counts of all models',
    level: 'statistics',
    async run({ call, model }) {
      const reply = await call('/v2/models/stats')
      expectThat(reply.status === 200, 'status 200', reply.status)
      const parsed = Statistics.safeParse(jsonOf(reply))
      const names = parsed.data?.model_stats.map(({ name }) => name)
      expectThat(names?.includes(model.name) === true, `'${model.name}' among them`, names)
    },
  },
]
