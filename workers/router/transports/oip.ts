import { z } from 'zod'

import { withinDeadline } from '#shared/deadline.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { INFERENCE_HEADER } from '#shared/protocol.ts'

import type { TransportSecrets } from '../env.ts'
import { checkPublicUrl } from '../public-url.ts'
import { readSmallJson } from '../read-small-json.ts'
import type { Transport } from '../transport.ts'

/** Where a server has its models, below a path of its own where a proxy adds one. No part is encoded, so that none can hide a slash. */
const MODEL_PATH = {
  pattern: /^(\/[\w.~@+-]+)*\/v2\/models\/[\w.~@:+-]+(\/versions\/[\w.~@:+-]+)?$/,
  rule: 'its path must end in /v2/models/<name>[/versions/<version>]',
}

/** Of our own headers, those a server of the protocol reads or a trace needs. */
const FORWARDED = ['content-type', 'content-encoding', INFERENCE_HEADER, 'traceparent'] as const

const METADATA_TIMEOUT_MS = 5_000

const NodeTokens = z.record(z.string(), z.string().regex(/^[\x21-\x7e]{1,4096}$/))

const TensorMetadata = z.array(z.looseObject({ name: z.string(), datatype: z.string() }))
const ModelMetadata = z.looseObject({
  inputs: TensorMetadata.default([]),
  outputs: TensorMetadata.default([]),
})
type ModelMetadata = z.infer<typeof ModelMetadata>

/**
 * Anybody's server of the Open Inference Protocol: the target is the URL of the model there. It gets no
 * signature, and of the router's secrets only the token that NODE_TOKENS has for its node.
 */
export const oip: Transport = {
  async call({ target, node }, { headers, body, signal }, env) {
    const sent = authorized(node, env)
    for (const name of FORWARDED) {
      const value = headers.get(name)
      if (value !== null) sent.set(name, value)
    }
    const url = `${modelUrl(target, env)}/infer`
    return fetch(url, { method: 'POST', headers: sent, body, signal, redirect: 'manual' })
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

function modelUrl(target: string, env: TransportSecrets): string {
  return checkPublicUrl(target, env, MODEL_PATH).href
}

/** The headers of a call, with the token of this node where there is one. */
function authorized(node: string, { NODE_TOKENS }: TransportSecrets): Headers {
  const headers = new Headers()
  if (NODE_TOKENS === undefined) return headers
  const token = tokensOf(NODE_TOKENS)[node]
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
  return headers
}

function tokensOf(secret: string): z.infer<typeof NodeTokens> {
  try {
    return NodeTokens.parse(JSON.parse(secret))
  } catch {
    // without the cause, which could repeat a token
    throw new MeshError(
      'unreachable',
      'the secret NODE_TOKENS must be a JSON object of bearer tokens by node',
    )
  }
}

async function readMetadata(
  url: string,
  node: string,
  env: TransportSecrets,
): Promise<ModelMetadata> {
  const headers = authorized(node, env)
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
