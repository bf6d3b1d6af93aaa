import { afterAll, beforeAll, describe } from 'vitest'

import type { Placement } from '#shared/manifest.ts'

import {
  echoFolders,
  startEchoNodes,
  type EchoNodes,
} from './fixtures/echo-model/start-echo-nodes.ts'
import {
  inferRequest,
  readInferAnswer,
  type WireAnswer,
  type WireRequest,
  type WireTensor,
} from './oip-request.ts'

const echo = echoFolders.find(({ id }) => id === 'echo-model')
if (!echo) throw new Error('the fixture has echo-model')

/** The model with an input of every datatype. */
export const echoManifest = echo.manifest

/** One server that echoes tensors, as a test calls it. */
export interface EchoServer {
  placement: Placement
  get(path: string, method?: string): Promise<Response>
  post(path: string, request: WireRequest, model?: string): Promise<Response>
  /** An inference; of `echo-model` where no other is named. */
  send(request: WireRequest, model?: string): Promise<Response>
  /** The same of `echo-model`, read; throws unless it was answered 200. */
  infer(inputs: readonly WireTensor[], rest?: Record<string, unknown>): Promise<WireAnswer>
}

/** Defines the same tests for a native node and for model Workers. */
export function describeEchoServers(define: (server: EchoServer) => void): void {
  let nodes: EchoNodes
  beforeAll(async () => {
    nodes = await startEchoNodes()
  })
  afterAll(() => nodes.stop())
  describe('the native node', () => define(echoServer('native', () => nodes.nativeUrl)))
  describe('a model Worker', () => {
    define(echoServer('edge', (model) => nodes.workerUrls[model] ?? `no Worker of ${model}`))
  })
}

/** Every input empty but those given: a model's inputs are all required. */
export function withOthersEmpty(...given: WireTensor[]): WireTensor[] {
  return echoManifest.inputs.map(
    ({ name, datatype }) =>
      given.find((tensor) => tensor.name === name) ?? { name, datatype, shape: [0, 1], data: [] },
  )
}

/** The input called fp32, with values as JSON. */
export function fp32Input(data: unknown, shape: number[]): WireTensor {
  return { name: 'fp32', datatype: 'FP32', shape, data }
}

/** The same with four values, binary. */
export function binaryFp32(...values: number[]): WireTensor & { bytes: Uint8Array } {
  const bytes = new Uint8Array(Float32Array.from(values).buffer)
  return { name: 'fp32', datatype: 'FP32', shape: [values.length, 1], bytes }
}

function echoServer(placement: Placement, urlOf: (model: string) => string): EchoServer {
  const post: EchoServer['post'] = (path, { body, headers }, model = 'echo-model') =>
    fetch(`${urlOf(model)}${path}`, { method: 'POST', headers, body: new Uint8Array(body) })
  const send: EchoServer['send'] = (request, model = 'echo-model') =>
    post(`/v2/models/${model}/infer`, request, model)
  return {
    placement,
    get: (path, method = 'GET') => fetch(`${urlOf('echo-model')}${path}`, { method }),
    post,
    send,
    infer: async (inputs, rest = {}) => readInferAnswer(await send(inferRequest(inputs, rest))),
  }
}
