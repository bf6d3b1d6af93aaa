import type { Tensors } from './tensor.ts'

/** What a caller gave, already bounded by the manifest's limits; the meaning of the bytes is the codec's. */
export interface TaskInput {
  mediaType: string
  bytes: Uint8Array
}

/** The `parameters` of a task-level request; the codec parses those it knows and refuses the rest. */
export type TaskParameters = Readonly<Record<string, unknown>>

/** Runs one of the model's graphs; `graph` defaults to the manifest's own, `model`. */
export type RunGraph = (inputs: Tensors, graph?: string) => Promise<Tensors>

/**
 * What is particular to a model: task input → tensors → task output. It runs unchanged in workerd and
 * in Node, keeps no state between calls, and reaches the graph only through `run`.
 */
export interface Codec {
  /** The answer: a MediaAnswer is sent as its bytes, anything else as JSON. */
  predict(input: TaskInput, parameters: TaskParameters, run: RunGraph): Promise<unknown>
  /** How many tokens the graph is given for this input; only of a model that has a tokenizer. */
  countTokens?(input: TaskInput): number
}

/** The two pure halves of a model that runs its graph once per request. */
export interface EncodeDecode<Context> extends Pick<Codec, 'countTokens'> {
  /** `context` carries what decode needs of the input, such as the size of the original image. */
  encode(input: TaskInput, parameters: TaskParameters): Encoded<Context> | Promise<Encoded<Context>>
  decode(outputs: Tensors, context: Context): unknown
}

export interface Encoded<Context> {
  tensors: Tensors
  context: Context
}

/** Makes a codec of an encode and a decode, for the many models that need no more. */
export function singleRun<Context>({ encode, decode, ...rest }: EncodeDecode<Context>): Codec {
  return {
    ...rest,
    async predict(input, parameters, run) {
      const { tensors, context } = await encode(input, parameters)
      return decode(await run(tensors), context)
    },
  }
}
