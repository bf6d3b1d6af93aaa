import { expectThat, Skipped, type Check } from '../check.ts'
import { readInferAnswer, sameOutputs } from '../infer-answer.ts'
import { binaryInput, encodeInfer, sampleInputs, sampleOutputs } from '../infer-body.ts'

export const checks: readonly Check[] = [
  {
    title: 'takes binary tensors',
    level: 'binary_tensor_data',
    async run(subject) {
      const plain = await subject.plain()
      const answer = await subject.infer({ inputs: subject.model.inputs.map(binaryInput) })
      expectThat(sameOutputs(plain, answer), 'the same outputs as of JSON', answer.outputs)
    },
  },
  {
    title: "takes binary tensors without a content-type, as Triton's client sends them",
    level: 'binary_tensor_data',
    async run(subject) {
      await subject.plain()
      const { body, headers } = encodeInfer({
        inputs: subject.model.inputs.map(binaryInput),
        outputs: sampleOutputs(subject.model),
      })
      const { 'content-type': _, ...others } = headers
      readInferAnswer(await subject.sendRaw(body, others))
    },
  },
  {
    title: 'takes JSON and binary tensors in one request',
    level: 'binary_tensor_data',
    async run(subject) {
      const plain = await subject.plain()
      const [first, ...others] = subject.model.inputs
      if (!first || others.length === 0) throw new Skipped('the model has one input')
      const inputs = [...sampleInputs({ inputs: [first] }), ...others.map(binaryInput)]
      const answer = await subject.infer({ inputs })
      expectThat(sameOutputs(plain, answer), 'the same outputs', answer.outputs)
    },
  },
  {
    title: 'answers binary tensors when asked for all',
    level: 'binary_tensor_data',
    async run(subject) {
      const plain = await subject.plain()
      const answer = await subject.infer({ parameters: { binary_data_output: true } })
      const json = answer.outputs.find(({ binary }) => !binary)
      expectThat(json === undefined, 'every output binary', json)
      expectThat(sameOutputs(plain, answer), 'the same outputs as in JSON', answer.outputs)
    },
  },
  {
    title: 'answers as each output is asked for',
    level: 'binary_tensor_data',
    async run(subject) {
      const plain = await subject.plain()
      const outputs = plain.outputs.map(({ name, datatype }, i) => ({
        name,
        // 16-bit floats have no other form
        parameters: { binary_data: i === 0 || datatype === 'FP16' || datatype === 'BF16' },
      }))
      const answer = await subject.infer({ outputs, parameters: { binary_data_output: true } })
      const other = answer.outputs.find(({ name, binary }) => {
        const asked = outputs.find((output) => output.name === name)
        return asked?.parameters.binary_data !== binary
      })
      expectThat(other === undefined, `binary: ${outputs[0]?.name} only`, other)
      expectThat(sameOutputs(plain, answer), 'the same outputs', answer.outputs)
    },
  },
  {
    title: 'says that an answer with bytes is application/octet-stream',
    level: 'binary_tensor_data',
    async run(subject) {
      await subject.plain()
      const reply = await subject.send({ parameters: { binary_data_output: true } })
      const type = reply.headers.get('content-type')
      expectThat(type === 'application/octet-stream', 'application/octet-stream', type)
    },
  },
  {
    title: 'takes a raw binary request',
    level: 'binary_tensor_data',
    async run(subject) {
      await subject.plain()
      const [input, ...others] = subject.model.inputs
      if (!input || others.length > 0) throw new Skipped('the model has several inputs')
      if (input.shape.filter((dim) => dim < 0).length > 1) {
        throw new Skipped(`input '${input.name}' has several free dimensions`)
      }
      const { bytes = new Uint8Array(0) } = binaryInput(input)
      const reply = await subject.sendRaw(input.datatype === 'BYTES' ? bytes.slice(4) : bytes, {
        'content-type': 'application/octet-stream',
        'inference-header-content-length': '0',
      })
      const { outputs } = readInferAnswer(reply)
      const json = outputs.find(({ binary }) => !binary)
      expectThat(json === undefined, 'every output binary', json)
    },
  },
  {
    title: 'takes an empty tensor, or refuses it',
    level: 'binary_tensor_data',
    async run(subject) {
      await subject.plain()
      if (!subject.model.inputs.some(({ shape }) => shape.some((dim) => dim < 0))) {
        throw new Skipped('no input has a free dimension')
      }
      const inputs = subject.model.inputs.map((input) => {
        const shape = input.shape.map((dim) => (dim < 0 ? 0 : dim))
        const sample = binaryInput(input)
        return shape.includes(0) ? { ...sample, shape, bytes: new Uint8Array(0) } : sample
      })
      const reply = await subject.send({ inputs, parameters: { binary_data_output: true } })
      if (reply.status === 200) readInferAnswer(reply)
      else expectThat(reply.status < 500, '200 or a refusal', reply.status)
    },
  },
]
