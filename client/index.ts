export { CapillaryError } from './capillary-error.ts'
export type {
  AnyMesh,
  AnswerMeta,
  AnswerOf,
  CallOptions,
  Client,
  ClientOptions,
  InferOptions,
  InputOf,
  Media,
  Offer,
  TensorAnswer,
  TensorOptions,
} from './client.ts'
export { createClient } from './create-client.ts'
export { textsOf } from './tensor.ts'
export type { Datatype, ModelMetadata, OutputTensor, Tensor } from './tensor.ts'
