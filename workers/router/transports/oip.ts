import { z } from 'zod'

import { withinDeadline } from '#shared/deadline.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { INFERENCE_HEADER } from '#shared/protocol.ts'

import type { TransportSecrets } from '../env.ts'
import { checkPublicUrl } from '../public-url.ts'
import { readSmallJson } from '../read-small-json.ts'
import type { NodeCall, Transport } from '../transport.ts'

/** Where a server has its models, below a path of its own where a proxy adds one. No part is encoded, so that none can hide a slash. */
const MODEL_PATH = {
  pattern: /^(\/[\w.~@+-]+)*\/v2\/models\/[\w.~@:+-]+(\/versions\/[\w.~@:+-]+)?$/,
  rule: 'its path must end in /v2/models/<name>[/versions/<version>]',
}

/** Of our own headers, those a server of the protocol reads or a trace needs. */
const FORWARDED = ['content-type', 'content-encoding', INFERENCE_HEADER, 'traceparent'] as const

const METADATA_TIMEOUT_MS = 5_000

/** By origin, which the operator names: a node's name and target are whatever an admin key registers. */
const NodeTokens = z.record(
  z.string().refine((text) => URL.canParse(text) && new URL(text).origin === text),
  z.string().regex(/^[\x21-\x7e]{1,4096}$/),
)

const TensorMetadata = z.array(z.looseObject({ name: z.string(), datatype: z.string() }))
const ModelMetadata = z.looseObject({
  inputs: TensorMetadata.default([]),
  outputs: TensorMetadata.default([]),
})
type ModelMetadata = z.infer<typeof ModelMetadata>

/**
 * Anybody's server of the Open Inference Protocol: the target is the URL of the model there. It gets no
 * signature, and of the router's secrets only the token that NODE_TOKENS has for its origin. The `model_name`
 * of its answer stays what that server calls the model; the header `mesh-model` has our name of it.
 */
export const oip: Transport = {
  async call({ target }, { headers, body, signal }, env) {
    const url = modelUrl(target, env)
    const forwarded = FORWARDED.flatMap((name) => {
      const value = headers[name]
      return value === undefined ? [] : [[name, value]]
    })
    return fetch(`${url.href}/infer`, {
      method: 'POST',
      headers: { ...Object.fromEntries(forwarded), ...authorized(url, env) },
      body,
      signal,
      redirect: 'manual',
    })
  },

  /** Of the model in both cases: below a proxy's path of its own nobody knows where the server's health is. */
  async probe({ target }, { signal }, env) {
    const url = modelUrl(target, env)
    const headers = authorized(url, env)
    return fetch(`${url.href}/ready`, { headers, signal, redirect: 'manual' })
  },

  checkTarget(target, env) {
    modelUrl(target, env)
  },

  async checkModel({ target, node }, manifest, env) {
    const told = await readMetadata(modelUrl(target, env), node, env)
    const differences = [
      ...compare('inputs', manifest.inputs, told.inputs),
      ...compare('outputs', manifest.outputs, told.outputs),
    ]
    if (differences.length === 0) return
    throw new MeshError('conflict', `${node} has another model there: ${differences.join('; ')}`)
  },
}

function modelUrl(target: string, env: TransportSecrets): URL {
  return checkPublicUrl(target, env, MODEL_PATH)
}

/** The headers of a call, with the token of this origin where there is one. */
function authorized({ origin }: URL, { NODE_TOKENS }: TransportSecrets): NodeCall['headers'] {
  if (NODE_TOKENS === undefined) return {}
  const tokens = tokensOf(NODE_TOKENS)
  const token = Object.hasOwn(tokens, origin) ? tokens[origin] : undefined
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}

function tokensOf(secret: string): z.infer<typeof NodeTokens> {
  try {
    return NodeTokens.parse(JSON.parse(secret))
  } catch {
    // without the cause, which could repeat a token
    throw new MeshError(
      'unreachable',
      'the secret NODE_TOKENS must be a JSON object of bearer tokens by origin, like {"https://host": "token"}',
    )
  }
}

async function readMetadata(url: URL, node: string, env: TransportSecrets): Promise<ModelMetadata> {
  const headers = authorized(url, env)
  const signal = AbortSignal.timeout(METADATA_TIMEOUT_MS)
  const read = async () => {
    const response = await fetch(url, { headers, signal, redirect: 'manual' })
    return { status: response.status, body: await readSmallJson(response) }
  }
  const { status, body } = await withinDeadline(read, METADATA_TIMEOUT_MS, node).catch(
    (cause: unknown) => {
      throw new MeshError(
        'unreachable',
        `${node} could not be asked for the model's metadata; "verify": false registers it unasked`,
        { cause },
      )
    },
  )
  const metadata = ModelMetadata.safeParse(body)
  if (status === 200 && metadata.success) return metadata.data
  throw new MeshError(
    status >= 500 ? 'unreachable' : 'conflict',
    `${node} answered ${status} to GET of the target, which is no metadata of a model; "verify": false registers it all the same`,
  )
}

interface NamedType {
  name: string
  datatype: string
}

/** Nothing where the server says nothing: not all of them know their models' tensors. */
function compare(
  what: string,
  ours: readonly NamedType[],
  theirs: readonly NamedType[],
): readonly string[] {
  const [expected, found] = [list(ours), list(theirs)]
  if (theirs.length === 0 || expected === found) return []
  return [`its ${what} are ${found.slice(0, 500)}; the manifest says ${expected}`]
}

function list(tensors: readonly NamedType[]): string {
  return tensors
    .map(({ name, datatype }) => `'${name}' ${datatype}`)
    .toSorted()
    .join(', ')
}
