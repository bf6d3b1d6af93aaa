/** The contract of the client: what createClient gives, and what it takes. */
import type { ModelMetadata, OutputTensor, Tensor } from './tensor.ts'

/** A file to be looked at or listened to. Its type is told by a Blob's own `type`, else by `mediaType`. */
export type Media = Blob | ArrayBuffer | ArrayBufferView<ArrayBuffer>

/** What one capability takes and answers; `capillary-types` writes one for each of a mesh. */
export interface Offer {
  input: string | Media
  answer: unknown
}

/** A mesh whose types were not generated: any capability, any answer. */
export type AnyMesh = Record<string, Offer>

/** Where a text is taken, a list of texts is too. */
export type InputOf<O extends Offer> =
  | O['input']
  | (string extends O['input'] ? readonly string[] : never)

/** A list of texts is answered by a list, in its order. */
export type AnswerOf<O extends Offer, Input> = Input extends readonly string[]
  ? O['answer'][]
  : O['answer']

export interface ClientOptions {
  /** Of the router or of a node, e.g. `https://mesh.example`; a path in front is kept. */
  url: string | URL
  /** API key with the scope `infer`. */
  key?: string
  /**
   * Milliseconds a call may take in all, its retries included; 10,000 by default. Above 0, Infinity for
   * no end. An answer may come half a second later, in which the server says itself that it gave up.
   */
  deadlineMs?: number
  /** How often a failed request is sent again, within the deadline; 2 by default. */
  retries?: number
  /** Instead of the global `fetch`. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>
}

export interface CallOptions extends Pick<ClientOptions, 'deadlineMs' | 'retries'> {
  /** Ends the call, which then throws the signal's reason, and is not sent again. */
  signal?: AbortSignal
  placement?: 'edge' | 'native' | 'any'
}

export interface InferOptions extends CallOptions {
  /** Pins a model of the capability: `id` or `id@version`. */
  model?: string
  /** The model's own, e.g. `{ top_k: 3 }`. */
  parameters?: Readonly<Record<string, unknown>>
  /** Of media that aren't a Blob with a type, e.g. `image/png`. */
  mediaType?: string
}

/** Who answered; null where the server doesn't say. */
export interface AnswerMeta {
  /** `id@version` */
  model: string | null
  node: string | null
  /** Each attempt of the mesh as `placement/node;model;outcome;ms`. */
  route: string | null
  requestId: string | null
}

export interface TensorOptions extends CallOptions {
  version?: string
  /** Names of the outputs wanted; all by default. */
  outputs?: readonly string[]
  /** By output: answer its k likeliest classes, as BYTES `score:index[:label]`. */
  classification?: Readonly<Record<string, number>>
  /** Echoed in the answer. */
  id?: string
  parameters?: Readonly<Record<string, string | number | boolean>>
  /** False sends and asks for JSON, for servers without the binary tensor extension; true by default. */
  binary?: boolean
}

export interface TensorAnswer {
  model: string
  version: string | undefined
  id: string | undefined
  outputs: Record<string, OutputTensor>
  meta: AnswerMeta
}

/** All calls throw CapillaryError, or the reason of their signal once that aborted. */
export interface Client<M extends { [C in keyof M]: Offer } = AnyMesh> {
  /** Asks a capability, e.g. `text-classification/language`. JSON answers come parsed, files as a Blob. */
  infer<C extends keyof M & string, const Input extends InputOf<M[C]>>(
    capability: C,
    input: Input,
    options?: InferOptions,
  ): Promise<AnswerOf<M[C], Input>>

  /** The same, with who answered. */
  inferWithMeta<C extends keyof M & string, const Input extends InputOf<M[C]>>(
    capability: C,
    input: Input,
    options?: InferOptions,
  ): Promise<{ answer: AnswerOf<M[C], Input>; meta: AnswerMeta }>

  /** Runs a model's own tensors by the Open Inference Protocol, binary both ways. */
  tensors(
    model: string,
    inputs: Readonly<Record<string, Tensor>>,
    options?: TensorOptions,
  ): Promise<TensorAnswer>

  /** A model's tensors, from `/v2/models/{model}`. */
  metadata(model: string, options?: CallOptions & { version?: string }): Promise<ModelMetadata>

  /** Whether the server, or one of its models, takes requests now. Asked once. */
  ready(model?: string, options?: Omit<CallOptions, 'retries'>): Promise<boolean>
}
