import { z } from 'zod'

import { expectThat, Skipped, type Check } from '../check.ts'
import {
  binaryInput,
  encodeInfer,
  sampleInputs,
  sampleOutputs,
  type InputTensor,
} from '../infer-body.ts'
import { jsonOf, type Reply } from '../oip-client.ts'
import type { Subject } from '../subject.ts'

const ErrorBody = z.looseObject({ error: z.string().min(1) })

/** A 4xx whose JSON says in `error` what was wrong. */
function expectRefusal(reply: Reply): void {
  expectThat(reply.status >= 400 && reply.status < 500, 'a status from 400 to 499', reply.status)
  const body = jsonOf(reply)
  expectThat(ErrorBody.safeParse(body).success, `${reply.status} with a text in error`, body)
}

/** Refuses the sample request after `change` has made the first input wrong. */
const refuses = (
  title: string,
  change: (first: InputTensor, subject: Subject) => InputTensor,
): Check => ({
  title,
  level: 'required',
  async run(subject) {
    await subject.plain()
    const [first, ...others] = sampleInputs(subject.model)
    if (!first) throw new Skipped('the model has no inputs')
    expectRefusal(await subject.send({ inputs: [change(first, subject), ...others] }))
  },
})

const UNKNOWN = 'conformance-no-such-thing'

export const checks: readonly Check[] = [
  refuses('refuses an input the model has not', (first) => ({ ...first, name: UNKNOWN })),
  refuses('refuses an unknown datatype', (first) => ({ ...first, datatype: 'FP31' })),
  refuses('refuses another datatype than the model takes', (first) => {
    const datatype = first.datatype === 'BYTES' ? 'FP32' : 'BYTES'
    return { ...first, datatype, data: datatype === 'BYTES' ? ['x'] : [1] }
  }),
  refuses('refuses a shape that does not fit the data', (first) => ({
    ...first,
    shape: [...first.shape.slice(0, -1), (first.shape.at(-1) ?? 1) + 1],
  })),
  refuses('refuses a shape with more dimensions than the model takes', (first) => ({
    ...first,
    shape: [...first.shape, 1],
  })),
  refuses('refuses a negative dimension', (first) => ({
    ...first,
    shape: first.shape.length === 0 ? [-1] : first.shape.map(() => -1),
  })),
  {
    title: 'refuses a request without inputs',
    level: 'required',
    async run(subject) {
      await subject.plain()
      expectRefusal(await subject.send({ inputs: [] }))
    },
  },
  {
    title: 'refuses an output the model has not',
    level: 'required',
    async run(subject) {
      await subject.plain()
      expectRefusal(await subject.send({ outputs: [{ name: UNKNOWN }] }))
    },
  },
  {
    title: 'refuses what is no JSON',
    level: 'required',
    async run(subject) {
      expectRefusal(await subject.sendRaw('{"inputs":[', { 'content-type': 'application/json' }))
    },
  },
  {
    title: 'refuses JSON that is no request',
    level: 'required',
    async run(subject) {
      expectRefusal(await subject.sendRaw('[1,2]', { 'content-type': 'application/json' }))
    },
  },
  {
    title: 'refuses a model it has not, by metadata, readiness and inference',
    level: 'required',
    async run(subject) {
      const { body, headers } = encodeInfer({ inputs: sampleInputs(subject.model) })
      expectRefusal(await subject.call(`/v2/models/${UNKNOWN}`))
      const ready = await subject.call(`/v2/models/${UNKNOWN}/ready`)
      expectThat(ready.status >= 400, 'an error status of /ready', ready.status)
      expectRefusal(await subject.call(`/v2/models/${UNKNOWN}/infer`, { body, headers }))
    },
  },
  {
    title: 'refuses a version it has not',
    level: 'required',
    async run({ call, model, modelPath }) {
      if (!model.versions?.length) throw new Skipped('it names no versions of the model')
      expectRefusal(await call(`${modelPath}/versions/987654`))
    },
  },
  {
    title: 'refuses another method',
    level: 'required',
    async run({ call, modelPath }) {
      const { status } = await call(`${modelPath}/infer`, { method: 'DELETE' })
      expectThat(status === 404 || status === 405, '405 or 404', status)
    },
  },
  {
    title: "sends errors as exactly application/json, which is all kserve's client reads",
    level: 'client',
    async run({ call }) {
      const { headers } = await call(`/v2/models/${UNKNOWN}`)
      const type = headers.get('content-type')
      expectThat(type === 'application/json', 'application/json', type)
    },
  },
  {
    title: 'refuses a binary tensor that is shorter than its shape',
    level: 'binary_tensor_data',
    async run(subject) {
      await subject.plain()
      const [first, ...others] = subject.model.inputs.map(binaryInput)
      if (!first?.bytes) throw new Skipped('the model has no inputs')
      const short = { ...first, bytes: first.bytes.slice(0, -1) }
      expectRefusal(await subject.send({ inputs: [short, ...others] }))
    },
  },
  {
    title: 'refuses a header that is longer than the body',
    level: 'binary_tensor_data',
    async run(subject) {
      await subject.plain()
      const headers = { 'inference-header-content-length': '99999999' }
      expectRefusal(await subject.send({}, headers))
    },
  },
  {
    title: 'refuses bytes that belong to no tensor',
    level: 'binary_tensor_data',
    async run(subject) {
      await subject.plain()
      const { body, headers } = encodeInfer({
        inputs: subject.model.inputs.map(binaryInput),
        outputs: sampleOutputs(subject.model),
      })
      const longer = new Uint8Array(Buffer.concat([Buffer.from(body), Buffer.from([1, 2, 3])]))
      expectRefusal(await subject.sendRaw(longer, { ...headers }))
    },
  },
  {
    title: 'still answers after what it refused',
    level: 'required',
    async run(subject) {
      await subject.plain()
      await subject.infer()
    },
  },
]
