import { expectThat, Skipped, type Check } from '../check.ts'
import { fitsJson } from '../datatypes.ts'
import { readInferAnswer, sameOutputs } from '../infer-answer.ts'
import { encodeInfer, sampleInputs, sampleOutputs, type InputTensor } from '../infer-body.ts'

/** Parsing and the network take less; what computed for that long had time to see that nobody waits. */
const SURELY_LATE_MS = 1_000

export const checks: readonly Check[] = [
  {
    title: 'answers tensors of the model',
    level: 'required',
    async run(subject) {
      const { name, outputs } = await subject.infer()
      expectThat(name !== '', 'a model_name', name)
      for (const { name: own, datatype } of subject.model.outputs) {
        const found = outputs.find((output) => output.name === own)
        expectThat(found?.datatype === datatype, `an output '${own}' of ${datatype}`, found)
      }
    },
  },
  {
    title: 'answers JSON to JSON unless asked for bytes',
    level: 'required',
    async run(subject) {
      subject.requireJson()
      await subject.plain()
      const reply = await subject.send()
      const type = reply.headers.get('content-type') ?? ''
      expectThat(type.startsWith('application/json'), 'content-type application/json', type)
      const header = reply.headers.get('inference-header-content-length')
      expectThat(header === null, 'no inference-header-content-length', header)
    },
  },
  {
    title: 'takes nested data as flat data',
    level: 'required',
    async run(subject) {
      const flat = await subject.plain()
      const inputs = sampleInputs(subject.model)
      if (inputs.every(({ shape }) => shape.length < 2)) {
        throw new Skipped('no input has two dimensions')
      }
      const nested = await subject.infer({ inputs: inputs.map(nestedInput) })
      expectThat(sameOutputs(flat, nested), 'the same outputs', nested.outputs)
    },
  },
  {
    title: 'answers only the outputs asked for',
    level: 'required',
    async run(subject) {
      const { outputs } = await subject.plain()
      const last = outputs.at(-1)
      if (!last || outputs.length < 2) throw new Skipped('the model has one output')
      const parameters = fitsJson(last.datatype) ? {} : { binary_data: true }
      const asked = await subject.infer({ outputs: [{ name: last.name, parameters }] })
      const names = asked.outputs.map(({ name }) => name)
      expectThat(names.length === 1 && names[0] === last.name, `only '${last.name}'`, names)
    },
  },
  {
    title: 'gives back the id of the request',
    level: 'required',
    async run(subject) {
      await subject.plain()
      const { id } = await subject.infer({ id: 'conformance-42' })
      expectThat(id === 'conformance-42', "the id 'conformance-42'", id)
    },
  },
  {
    title: 'takes the version in the path',
    level: 'required',
    async run(subject) {
      const version = subject.model.versions?.[0]
      if (version === undefined) throw new Skipped('it names no versions of the model')
      const plain = await subject.plain()
      const body = encodeInfer({
        inputs: sampleInputs(subject.model),
        outputs: sampleOutputs(subject.model),
      })
      const path = `${subject.modelPath}/versions/${version}/infer`
      const answer = readInferAnswer(await subject.call(path, body))
      expectThat(sameOutputs(plain, answer), 'the same outputs', answer.outputs)
    },
  },
  {
    title: "takes a request without a content-type, as Triton's client sends it",
    level: 'client',
    async run(subject) {
      subject.requireJson()
      await subject.plain()
      const { body } = encodeInfer({ inputs: sampleInputs(subject.model) })
      // fetch itself adds no type to bytes
      readInferAnswer(await subject.sendRaw(body, {}))
    },
  },
  {
    title: "takes the model_name that kserve's client adds",
    level: 'client',
    async run(subject) {
      await subject.plain()
      await subject.infer({ model_name: subject.model.name })
    },
  },
  {
    title: 'takes a deadline in microseconds',
    level: 'parameters',
    async run(subject) {
      await subject.plain()
      await subject.infer({ parameters: { timeout: 20_000_000 } })
    },
  },
  {
    title: 'answers in time or says that it cannot',
    level: 'parameters',
    async run(subject) {
      await subject.plain()
      const started = performance.now()
      const { status } = await subject.send({ parameters: { timeout: 1 } })
      const ms = Math.round(performance.now() - started)
      expectThat([200, 408, 429, 499, 503, 504].includes(status), '200 or a time-out', status)
      if (status !== 200) return
      expectThat(ms < SURELY_LATE_MS, 'a time-out of 1 µs to be heeded', `an answer after ${ms} ms`)
      throw new Skipped(`it answered in ${ms} ms: too soon to tell whether it heeds a time-out`)
    },
  },
]

function nestedInput(input: InputTensor): InputTensor {
  return Array.isArray(input.data) ? { ...input, data: nest(input.data, input.shape) } : input
}

function nest(values: readonly unknown[], [first = 1, ...rest]: readonly number[]): unknown[] {
  if (rest.length === 0) return [...values]
  const size = values.length / first
  return Array.from({ length: first }, (_, i) => nest(values.slice(i * size, (i + 1) * size), rest))
}
