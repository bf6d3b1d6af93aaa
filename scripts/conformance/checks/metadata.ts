import { z } from 'zod'

import { expectThat, Failed, Skipped, type Check } from '../check.ts'
import { isDatatype } from '../datatypes.ts'
import { readModelMetadata } from '../model-metadata.ts'
import { jsonOf } from '../oip-client.ts'

const ServerMetadata = z.looseObject({
  name: z.string().min(1),
  version: z.string(),
  extensions: z.array(z.string()),
})

export const checks: readonly Check[] = [
  {
    title: 'says its name, version and extensions',
    level: 'required',
    async run({ call }) {
      const reply = await call('/v2')
      expectThat(reply.status === 200, 'status 200 of /v2', reply.status)
      const parsed = ServerMetadata.safeParse(jsonOf(reply))
      if (!parsed.success) throw new Failed(z.prettifyError(parsed.error))
    },
  },
  {
    title: "describes the model's tensors",
    level: 'required',
    async run({ call, model }) {
      const { name, inputs, outputs } = await readModelMetadata(call, model.name)
      expectThat(name === model.name, `the name '${model.name}'`, name)
      expectThat(inputs.length > 0 && outputs.length > 0, 'inputs and outputs', { inputs, outputs })
      const odd = [...inputs, ...outputs].find(({ datatype }) => !isDatatype(datatype))
      expectThat(odd === undefined, "a datatype of the protocol's", odd)
    },
  },
  {
    title: 'names the platform of the model',
    level: 'required',
    async run({ model }) {
      expectThat(model.platform !== '', 'a platform such as onnx_onnxv1', model.platform)
    },
  },
  {
    title: 'describes a version of the model',
    level: 'required',
    async run({ call, model, modelPath }) {
      const version = model.versions?.[0]
      if (version === undefined) throw new Skipped('it names no versions of the model')
      const { status } = await call(`${modelPath}/versions/${version}`)
      expectThat(status === 200, `status 200 of version ${version}`, status)
    },
  },
  {
    title: 'says that the model is ready, and its version',
    level: 'required',
    async run({ call, model, modelPath }) {
      const version = model.versions?.[0]
      const paths = ['', ...(version === undefined ? [] : [`/versions/${version}`])]
      for (const path of paths) {
        const { status } = await call(`${modelPath}${path}/ready`)
        expectThat(status === 200, `status 200 of ${modelPath}${path}/ready`, status)
      }
    },
  },
  {
    title: 'tells the configuration of the model',
    level: 'model_configuration',
    async run({ call, model, modelPath }) {
      const reply = await call(`${modelPath}/config`)
      expectThat(reply.status === 200, 'status 200', reply.status)
      const config = z.looseObject({ name: z.string() }).safeParse(jsonOf(reply))
      expectThat(config.data?.name === model.name, `the name '${model.name}'`, config.data)
    },
  },
]
