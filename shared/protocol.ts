/**
 * The node protocol: what the router says to any node, and any node answers, over plain HTTP.
 *
 *   POST /models/{id}/versions/{v}              task level: JSON {inputs, parameters?} or raw bytes; inputs
 *                                               may be a list of texts, which is answered by a list
 *   POST /models/{id}                           the same in the shapes of Hugging Face's clients
 *   /v2…                                        tensor level: Open Inference Protocol v2 (oip/oip-routes.ts)
 *   GET  /                                      the node's descriptor
 *
 * Errors are problem documents (problem.ts), below /v2 with `error` as well (oip/oip-error.ts). Unknown
 * fields are refused by name at task level.
 */
import { z } from 'zod'

import { TableColumns, TaskInputs } from './task-inputs.ts'

/** What servers here say of themselves; package.json's version. */
export const MESH_VERSION = '0.1.0'

/** Milliseconds the caller still waits; a node gives up, and says so, when they are over. */
export const DEADLINE_HEADER = 'mesh-deadline-ms'
/** The request's id, the same at every hop; in logs and in `x-request-id` of the answer. */
export const REQUEST_ID_HEADER = 'mesh-request-id'
/** The router's signature over an `http` hop (signed-request.ts). */
export const SIGNATURE_HEADER = 'mesh-signature'

/** Bytes of JSON at the start of a body whose tensors follow as they are; OIP's binary tensor extension. */
export const INFERENCE_HEADER = 'inference-header-content-length'

/** A caller waits this long unless it says otherwise, and never longer than the maximum. */
export const DEFAULT_DEADLINE_MS = 10_000
export const MAX_DEADLINE_MS = 60_000

/**
 * The largest body the mesh takes. The router holds it whole, since a fall-over sends it again, and an
 * isolate has 128 MB for everything.
 */
export const MAX_BODY_BYTES = 16 * 1024 * 1024

/** Tokens of the whole input, as its model counts them; sent by nodes whose model says so. */
export const TOKENS_HEADER = 'x-compute-tokens'

/**
 * A task-level JSON body. What stands beside `inputs` is a parameter as well, since Hugging Face's clients
 * write those of some tasks there; codecs refuse those that they don't know. `table` is another
 * name of theirs for the inputs `{data: …}`.
 */
export const TaskRequest = z.looseObject({
  inputs: TaskInputs.optional(),
  table: TableColumns.optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
})
export type TaskRequest = z.infer<typeof TaskRequest>

/** `GET /` of a node: what it is and what it serves. */
export interface NodeDescriptor {
  kind: 'edge' | 'native'
  runtime: string
  models: {
    id: string
    version: string
    capability: string
    state: 'idle' | 'loaded'
    /** Runtimes lost to a crash, and to a part that was cut away (error `runtime_cut`). */
    traps: number
    cuts: number
    /** Most linear memory of the WebAssembly runtime so far; 0 on a native node. */
    memoryBytes: number
  }[]
}
