import { deflateSync, gzipSync } from 'node:zlib'

import { expectThat, type Check } from '../check.ts'
import { readInferAnswer, sameOutputs } from '../infer-answer.ts'
import {
  binaryInput,
  encodeInfer,
  sampleInputs,
  sampleOutputs,
  type InputTensor,
} from '../infer-body.ts'
import type { Subject } from '../subject.ts'

const COMPRESS = { gzip: gzipSync, deflate: deflateSync }

async function takes(
  subject: Subject,
  encoding: keyof typeof COMPRESS,
  inputs: readonly InputTensor[],
): Promise<void> {
  const plain = await subject.plain()
  const { body, headers } = encodeInfer({ inputs, outputs: sampleOutputs(subject.model) })
  const compressed = new Uint8Array(COMPRESS[encoding](body))
  const reply = await subject.sendRaw(compressed, { ...headers, 'content-encoding': encoding })
  const answer = readInferAnswer(reply)
  expectThat(sameOutputs(plain, answer), 'the same outputs', answer.outputs)
}

export const checks: readonly Check[] = [
  {
    title: "takes gzip, as Triton's client sends it",
    level: 'client',
    run: (subject) => takes(subject, 'gzip', sampleInputs(subject.model)),
  },
  {
    title: "takes deflate, as Triton's client sends it",
    level: 'client',
    run: (subject) => takes(subject, 'deflate', sampleInputs(subject.model)),
  },
  {
    title: 'takes compressed binary tensors',
    level: 'binary_tensor_data',
    run: (subject) => takes(subject, 'gzip', subject.model.inputs.map(binaryInput)),
  },
]
