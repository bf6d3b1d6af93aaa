import type { Env } from 'hono'

import { parseDeadline, withinDeadline } from '../deadline.ts'
import type { LoadedModel } from '../loaded-model.ts'
import type { Manifest } from '../manifest.ts'
import { MAX_BODY_BYTES } from '../protocol.ts'
import { MAX_BATCH } from '../task-inputs.ts'
import { inferResponse, requireOutputs, type NamedOutput } from './infer-response.ts'
import type { OipBackend, OipModel } from './oip-backend.ts'
import { readInferCall, type InferCall } from './read-infer-call.ts'
import { requestTensors } from './request-tensors.ts'
import { ANSWER_OUTPUT, findTextTensor, inferTexts } from './text-tensor.ts'
import { timeoutMs } from './timeout-ms.ts'

/** A JSON number takes at most about 25 characters, plus its comma. */
const JSON_BYTES_PER_ELEMENT = 26
/** JSON may escape each byte of a text as \u00xx. */
const JSON_BYTES_PER_TEXT_BYTE = 6
const JSON_ENVELOPE_BYTES = 16 * 1024

export interface ModelBackendOptions {
  server: OipBackend<Env>['server']
  models: readonly LoadedModel[]
  /** Finds the model a path names; throws `model_unknown` otherwise. */
  requireModel(id: string, version: string | undefined): LoadedModel
  /** Whether requests are taken. */
  accepting(): boolean
  /** Loads what readiness is to vouch for; throws where it can't be. Absent where models load when asked. */
  warm?(): Promise<void>
}

/** Serves models that are loaded here by the Open Inference Protocol; the same for a model Worker and the native node. */
export function createModelBackend<E extends Env>(options: ModelBackendOptions): OipBackend<E> {
  const { server, models, requireModel, accepting } = options
  const modelOf = ({ manifest }: LoadedModel) => describe(manifest, accepting())
  return {
    server,
    async ready() {
      await options.warm?.()
      return accepting()
    },
    models: async () => models.map(modelOf),
    requireModel: async (_, name, version) => [modelOf(requireModel(name, version))],
    warmModel: (_, name, version) => requireModel(name, version).warm(),
    infer: (c, name, version) => infer(c.req.raw, requireModel(name, version)),
    statistics: async (_, name, version) =>
      (name === undefined ? models : [requireModel(name, version)]).map((model) =>
        model.counter.statistics(model.manifest.id, model.manifest.version),
      ),
  }
}

function describe(
  { id, version, inputs, outputs, textTensor }: Manifest,
  ready: boolean,
): OipModel {
  return {
    name: id,
    version,
    platform: 'onnx_onnxv1',
    inputs,
    outputs,
    ready,
    ...(ready ? {} : { reason: 'this node is stopping' }),
    ...(textTensor === undefined ? {} : { parameters: { text_input: textTensor } }),
  }
}

async function infer(request: Request, model: LoadedModel): Promise<Response> {
  const { manifest } = model
  const who = `[${manifest.id}]`
  const patience = parseDeadline(request.headers)
  model.preload()
  const call = await readInferCall(request, bodyLimit(manifest), who)
  const deadline = Math.min(patience, timeoutMs(call.request?.parameters?.timeout) ?? patience)
  const outputs = await withinDeadline(
    (expiresAt) => run(call, model, expiresAt, who),
    deadline,
    who,
  )
  return inferResponse({ model: manifest, request: call.request, outputs })
}

async function run(
  call: InferCall,
  model: LoadedModel,
  expiresAt: number,
  who: string,
): Promise<readonly NamedOutput[]> {
  const { inputs, outputs, limits } = model.manifest
  const names = outputs.map(({ name }) => name)
  const text = findTextTensor(model.manifest, call.request)
  requireOutputs(call.request?.outputs, text ? [...names, ANSWER_OUTPUT] : names, who)
  if (text) {
    const bounds = { specs: [text], maxElements: MAX_BATCH }
    const tensors = requestTensors(call, bounds, who)
    return inferTexts(model, tensors[text.name], expiresAt)
  }
  const bounds = { specs: inputs, maxElements: limits.tensorElements }
  const results = await model.infer(requestTensors(call, bounds, who), expiresAt)
  return Object.entries(results).map(([name, tensor]) => ({ name, tensor }))
}

/** Most bytes of a request: those of the longest way to write what the limits allow. */
function bodyLimit({ inputs, limits, textTensor }: Manifest): number {
  const takesText = textTensor !== undefined || inputs.some(({ datatype }) => datatype === 'BYTES')
  const text = takesText ? limits.inputBytes * JSON_BYTES_PER_TEXT_BYTE : 0
  const numbers = limits.tensorElements * inputs.length * JSON_BYTES_PER_ELEMENT
  return Math.min(numbers + text + JSON_ENVELOPE_BYTES, MAX_BODY_BYTES)
}
