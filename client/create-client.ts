import { CapillaryError } from './capillary-error.ts'
import type { AnswerMeta, AnyMesh, CallOptions, Client, ClientOptions, Offer } from './client.ts'
import { decodeTensors } from './decode-tensors.ts'
import { encodeTensors } from './encode-tensors.ts'
import { parseJson } from './parse-json.ts'
import { send, type Received } from './send.ts'
import { taskBody } from './task-body.ts'
import type { ModelMetadata } from './tensor.ts'

/** Answers of these are what a server says when it is up and can't take requests. */
const NOT_READY: ReadonlySet<number> = new Set([400, 429, 500, 502, 503, 504])

/**
 * A client of one mesh, or of any server of the Open Inference Protocol. `M` says what the mesh offers, as
 * `capillary-types` writes it.
 *
 * @example const mesh = createClient<Mesh>({ url: 'https://mesh.example', key })
 */
export function createClient<M extends { [C in keyof M]: Offer } = AnyMesh>(
  options: ClientOptions,
): Client<M> {
  const client: Client = {
    async infer(capability, input, own) {
      return (await client.inferWithMeta(capability, input, own)).answer
    },

    async inferWithMeta(capability, input, own = {}) {
      const { headers, body } = await taskBody(input, own)
      const path = `/infer/${capability.split('/').map(segment).join('/')}`
      const pin = own.model === undefined ? {} : { 'mesh-model': own.model }
      const received = await send(options, { path, headers: { ...headers, ...pin }, body }, own)
      const type = received.headers.get('content-type') ?? ''
      const answer = type.startsWith('application/json')
        ? parseJson(received.bytes)
        : new Blob([received.bytes], { type })
      // as: what a capability answers is the promise of `M`
      return { answer: answer as never, meta: metaOf(received) }
    },

    async tensors(model, inputs, own = {}) {
      const outgoing = encodeTensors(inputs, own)
      const path = `${modelPath(model, own.version)}/infer`
      const received = await send(options, { ...outgoing, path }, own)
      return { ...decodeTensors(received), meta: metaOf(received) }
    },

    async metadata(model, own: CallOptions & { version?: string } = {}) {
      const { bytes } = await send(options, { path: modelPath(model, own.version) }, own)
      return parseJson(bytes) as ModelMetadata // as: the protocol's own shape
    },

    async ready(model, own = {}) {
      const path = model === undefined ? '/v2/health/ready' : `${modelPath(model)}/ready`
      try {
        await send(options, { path }, { ...own, retries: 0 })
        return true
      } catch (err) {
        if (err instanceof CapillaryError && NOT_READY.has(err.status)) return false
        throw err
      }
    },
  }
  // as: the same calls, told apart by types only
  return client as unknown as Client<M>
}

function modelPath(model: string, version?: string): string {
  const path = `/v2/models/${segment(model)}`
  return version === undefined ? path : `${path}/versions/${segment(version)}`
}

/** One part of a path. '.' and '..' would lead elsewhere, whatever is escaped. */
function segment(name: string): string {
  if (/^\.{0,2}$/.test(name)) throw new TypeError(`'${name}' is no name of a capability or model`)
  return encodeURIComponent(name)
}

function metaOf({ headers }: Received): AnswerMeta {
  return {
    model: headers.get('mesh-model'),
    node: headers.get('mesh-node'),
    route: headers.get('mesh-route'),
    requestId: headers.get('x-request-id'),
  }
}
