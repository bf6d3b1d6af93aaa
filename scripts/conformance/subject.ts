import { Skipped, type Extension } from './check.ts'
import { fitsJson } from './datatypes.ts'
import { readInferAnswer, type InferAnswer } from './infer-answer.ts'
import { encodeInfer, sampleInputs, sampleOutputs, type InferBody } from './infer-body.ts'
import type { ModelMetadata } from './model-metadata.ts'
import type { OipClient, Reply } from './oip-client.ts'

/** The server that is looked at, by one of its models. */
export class Subject {
  readonly call: OipClient
  readonly extensions: readonly string[]
  readonly model: ModelMetadata
  #plain: Promise<InferAnswer> | undefined

  constructor(call: OipClient, extensions: readonly string[], model: ModelMetadata) {
    this.call = call
    this.extensions = extensions
    this.model = model
  }

  get modelPath(): string {
    return `/v2/models/${encodeURIComponent(this.model.name)}`
  }

  has(extension: Extension): boolean {
    return this.extensions.includes(extension)
  }

  /** Sends a request of tensors; the model's sample inputs where it has none. */
  send(body: Partial<InferBody> = {}, headers: Record<string, string> = {}): Promise<Reply> {
    const encoded = encodeInfer({
      inputs: sampleInputs(this.model),
      outputs: sampleOutputs(this.model),
      ...body,
    })
    return this.sendRaw(encoded.body, { ...encoded.headers, ...headers })
  }

  sendRaw(body: Uint8Array<ArrayBuffer> | string, headers: Record<string, string>): Promise<Reply> {
    return this.call(`${this.modelPath}/infer`, { headers, body })
  }

  async infer(body: Partial<InferBody> = {}): Promise<InferAnswer> {
    return readInferAnswer(await this.send(body))
  }

  /** The answer to the sample inputs as they are. Throws Skipped when there is none: that is a failure of its own check. */
  plain(): Promise<InferAnswer> {
    this.#plain ??= this.infer().catch(() => {
      throw new Skipped('needs a plain inference, which failed')
    })
    return this.#plain
  }

  /** Throws Skipped unless JSON can carry all inputs and outputs. */
  requireJson(): void {
    const tensors = [...this.model.inputs, ...this.model.outputs]
    const other = tensors.find(({ datatype }) => !fitsJson(datatype))
    if (other) throw new Skipped(`'${other.name}' is ${other.datatype}, which JSON cannot carry`)
  }
}
