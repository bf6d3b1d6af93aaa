import { z } from 'zod'

import { expectThat, Failed, Skipped, type Check } from '../check.ts'
import { jsonOf } from '../oip-client.ts'
import type { Subject } from '../subject.ts'

const Index = z.array(
  z.looseObject({
    name: z.string(),
    version: z.string().nullish(),
    state: z.string().nullish(),
    reason: z.string().nullish(),
  }),
)

async function readIndex({ call }: Subject, body: unknown): Promise<z.infer<typeof Index>> {
  const reply = await call('/v2/repository/index', {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expectThat(reply.status === 200, 'status 200', reply.status)
  const parsed = Index.safeParse(jsonOf(reply))
  if (parsed.success) return parsed.data
  throw new Failed(z.prettifyError(parsed.error))
}

export const checks: readonly Check[] = [
  {
    title: 'lists the model in its index',
    level: 'model_repository',
    async run(subject) {
      const index = await readIndex(subject, {})
      const own = index.find(({ name }) => name === subject.model.name)
      expectThat(own?.state === 'READY', `'${subject.model.name}' in state READY`, own ?? index)
    },
  },
  {
    title: 'lists only models that are ready when asked for those',
    level: 'model_repository',
    async run(subject) {
      const index = await readIndex(subject, { ready: true })
      const other = index.find(({ state }) => state !== 'READY')
      expectThat(other === undefined && index.length > 0, 'only READY ones', other ?? index)
    },
  },
  {
    title: "lists its models as kserve's client reads them",
    level: 'client',
    async run({ call, model }) {
      const reply = await call('/v2/models')
      if (reply.status === 404) throw new Skipped("it has no /v2/models, which is KServe's own")
      const parsed = z.looseObject({ models: z.array(z.string()) }).safeParse(jsonOf(reply))
      const models = parsed.data?.models
      expectThat(models?.includes(model.name) === true, `'${model.name}' in models`, models)
    },
  },
]
